import { after, before } from 'node:test';

/**
 * Opens something for the tests of a file and closes it after them. Closing waits for an opening that still goes on: files share a process,
 * and what fails in another one ends the tests of this one too.
 */
export function forTests<T>(open: () => Promise<T>, close: (opened: T) => Promise<unknown>): () => T {
  let opening: Promise<T> | undefined;
  let opened: T | undefined;
  before(async () => {
    opening = open();
    opened = await opening;
  });
  after(async () => {
    const last = await opening?.catch(() => undefined);
    if (last !== undefined) await close(last);
  });
  return () => {
    if (opened === undefined) throw new Error('expected it to be open, got nothing: it could not be opened');
    return opened;
  };
}
