// Run by control-plane-lock.test.ts in a process of its own: holds the lock until it is killed.
import { holdControlPlaneLock } from '../../src/ledger/control-plane-lock.ts';

const [dsn = ''] = process.argv.slice(2);
await holdControlPlaneLock({ dsn });
process.stdout.write('locked\n');
