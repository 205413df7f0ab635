// The command line: interlock up | bot | worker | demo | plan | verify | ledger | keys | totp | control | tidy | doctor.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiled code is kept from one start to the next, beside what npm installed; where nobody may write there, nothing is kept.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/interlock/compiled'));
await import('./cli/program.ts');
