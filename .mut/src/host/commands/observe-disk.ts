import { absolutePath } from '../absolute-path.ts';
import type { Command } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { readNumber } from './read-fields.ts';

export type DiskSpace = {
  readonly totalBytes: number;
  /** Free for a user without privileges. */
  readonly freeBytes: number;
  /** 0 of 0 on filesystems that make inodes as needed (btrfs). */
  readonly totalInodes: number;
  readonly freeInodes: number;
};

/** Space and inodes of the filesystem that holds `path`. */
export function diskSpace(path: string): Command {
  const argv = ['stat', '--file-system', '--format=%S %b %a %c %d', absolutePath(path, 'path')];
  return { effect: 'observe', title: `disk space at ${path}`, argv, timeoutMs: 20_000 };
}

export function parseDiskSpace(result: CommandResult): DiskSpace {
  const fields = wholeStdout(result).trim().split(' ');
  if (fields.length !== 5) throw unreadable(result, 'five numbers', `${fields.length}`);
  const [block = 0, total = 0, free = 0, totalInodes = 0, freeInodes = 0] = fields.map((field) =>
    readNumber(result, field),
  );
  return { totalBytes: block * total, freeBytes: block * free, totalInodes, freeInodes };
}
