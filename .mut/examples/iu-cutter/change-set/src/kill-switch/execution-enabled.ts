import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ownTree } from '../own-tree.ts';
import { builtWithExecution } from './constant.ts';

/**
 * The kill switch: whether anything here may write. A function, and asked again before every mutation: a value that was read
 * once could not be taken back.
 *
 * Off unless the tree was built otherwise, or the machine's operator has left a switch file beside the tree. The file carries the
 * tree's name, so that it speaks for one place on one machine and never travels with an artifact.
 */
export function executionEnabled(tree: string = ownTree()): boolean {
  return builtWithExecution() || switchedOn(switchFile(tree));
}

/** `/opt/x/iu-cutter-v0.6` → `/opt/x/iu-cutter-v0.6.override.json` */
export function switchFile(tree: string): string {
  return join(dirname(tree), `${basename(tree)}.override.json`);
}

/** Anything but a readable file that says exactly `{"execution_enabled": true}` leaves the switch off. */
function switchedOn(file: string): boolean {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return (
      typeof content === 'object' && content !== null && Reflect.get(content, 'execution_enabled') === true
    );
  } catch {
    return false;
  }
}
