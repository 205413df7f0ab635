import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { script } from '../../../src/host/command.ts';
import { FENCED_OFF, fenced, setFence } from '../../../src/host/commands/mutate-fence.ts';
import { LocalHost } from '../../../src/host/local-host.ts';

let directory: string;
let host: LocalHost;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-test-fence-'));
  host = new LocalHost();
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true, force: true });
});

const mark = (text: string) =>
  script('mutate', 'mark', 'printf "%s\\n" "$2" >> "$1"', [join(directory, 'marks'), text]);

describe('a fence', () => {
  it('lets the commands of its token act, with their own arguments and exit code', async () => {
    const fence = join(directory, 'stash', 'app.fence');
    await host.run(setFence(fence, 'r1/promote/1/a'));
    const odd = `it's "odd" $(x)`;
    expect((await host.run(fenced(mark(odd), fence, 'r1/promote/1/a'))).exitCode).toBe(0);
    expect(await readFile(join(directory, 'marks'), 'utf8')).toBe(`${odd}\n`);
    const failing = script('mutate', 'fail', 'exit 5');
    expect((await host.run(fenced(failing, fence, 'r1/promote/1/a'))).exitCode).toBe(5);
  });

  it('holds off a command of an earlier attempt, which does nothing', async () => {
    const fence = join(directory, 'app.fence');
    await host.run(setFence(fence, 'r1/promote/1/a'));
    const late = fenced(mark('late'), fence, 'r1/promote/1/a');
    await host.run(setFence(fence, 'r1/promote/1/b'));
    const result = await host.run(late);
    expect(result).toMatchObject({
      exitCode: FENCED_OFF,
      stderr: expect.stringContaining('another attempt'),
    });
    await expect(readFile(join(directory, 'marks'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('holds off everything while it was never set', async () => {
    expect(
      (await host.run(fenced(mark('x'), join(directory, 'none.fence'), 'r1/promote/1/a'))).exitCode,
    ).not.toBe(0);
  });
});
