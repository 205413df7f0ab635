import { builtWithExecution } from './constant.ts';

/**
 * The kill switch: whether anything here may write. A function, and asked again before every mutation: a value that was read
 * once could not be taken back.
 */
export function executionEnabled(): boolean {
  return builtWithExecution();
}
