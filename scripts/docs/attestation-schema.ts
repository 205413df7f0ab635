// The block of docs/attestation.md that holds the JSON Schema of the deployment predicate.
import { z } from 'zod';
import { deploymentPredicateSchema } from '../../src/attestation/deployment-predicate.ts';

const block = /```json\n[\s\S]*?```/;

/** The page with the schema that is in use. Throws a RangeError when it has no block for it. */
export function withSchema(page: string): string {
  if (!block.test(page)) throw new RangeError('expected a json block in docs/attestation.md, got none');
  const text = JSON.stringify(z.toJSONSchema(deploymentPredicateSchema), null, 2);
  return page.replace(block, () => `\`\`\`json\n${text}\n\`\`\``);
}
