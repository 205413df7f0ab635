// Run by embedded-database.test.ts in a process of its own: holds the directory until it is killed.
import { openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/migrate.ts';

const [directory = ''] = process.argv.slice(2);
const database = await openEmbeddedDatabase({ directory });
await migrate(database);
const ledger = await Ledger.open(database);
for (let seq = 0; seq < 20; seq += 1) await ledger.append('run/1', seq, [{ type: 'note', data: seq }]);
process.stdout.write('appended 20\n');
setInterval(() => undefined, 60_000);
