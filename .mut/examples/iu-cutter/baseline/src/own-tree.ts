import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this program, wherever it was deployed to. */
export function ownTree(): string {
  return dirname(dirname(fileURLToPath(import.meta.url)));
}
