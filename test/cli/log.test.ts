import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { expect, it } from 'vitest';

it('a log that cannot be written, as on a full disk, does not end the process', async () => {
  const script = `import { createLog } from './src/cli/log.ts';
    const log = createLog();
    for (let line = 0; line < 100; line += 1) log.info({ line }, 'nobody can read this');
    setImmediate(() => log.info({}, 'nor this'));
    process.on('exit', (code) => console.log('ended with', code));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', openSync('/dev/full', 'w')],
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child, 'close');
  expect(said).toBe('ended with 0\n');
});
