// Where the log goes may be full or gone; what is logged must not fail for it.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { projectRoot } from '../fixtures/interlock-process.ts';

const program = `
  const { createLog } = await import('./src/cli/log.ts');
  const log = createLog();
  for (let line = 0; line < 5_000; line += 1) log.info({ line, pad: 'x'.repeat(500) }, 'a line');
  process.stdout.write('went on');
`;

it('a log on a full disk costs lines, and nothing else', () => {
  // Every write to it fails as one to a full disk does (full(4)).
  const full = openSync('/dev/full', 'w');
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', full],
    encoding: 'utf8',
  });
  closeSync(full);
  expect({ stdout, status }).toEqual({ stdout: 'went on', status: 0 });
});

it('a log that can be written has every line', () => {
  const lines = execFileSync(
    'sh',
    ['-c', 'exec "$0" --input-type=module -e "$1" 2>&1 > /dev/null', process.execPath, program],
    {
      cwd: projectRoot,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  );
  expect(lines.trimEnd().split('\n')).toHaveLength(5_000);
});
