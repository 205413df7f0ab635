import { ownTree } from '../own-tree.ts';
import { runProofs } from './proof.ts';
import { PROOFS } from './proofs.ts';
import { renderProofJson, renderProofLines } from './render-proofs.ts';

const results = await runProofs(PROOFS, ownTree());
process.stdout.write(process.argv.includes('--json') ? renderProofJson(results) : renderProofLines(results));
process.exitCode = results.every((result) => result.holds) ? 0 : 1;
