// `interlock keys` as somebody types it: what it advises works where they are, and touches nothing else.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { initKeys } from '../../src/attestation/keys.ts';
import { loadSettings } from '../../src/config/load.ts';

const execute = promisify(execFile);
const cli = resolve('src/cli.ts');
let here: string;
beforeAll(async () => {
  here = await mkdtemp(join(tmpdir(), 'interlock-cli-keys-'));
});
afterAll(() => rm(here, { recursive: true, force: true }));

/** In a shell, where `interlock` is this program. */
const shell = (line: string) =>
  execute('sh', ['-euc', `interlock() { "${process.execPath}" "${cli}" "$@"; }\n${line}`], {
    cwd: here,
  }).then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr,
  );

it('without a key it says how one is made where it was looked for, and that works', async () => {
  const asked = "interlock keys show --data 'our data'";
  const advice = /run `([^`]+)`/.exec(await shell(asked))?.[1] ?? '';
  expect(await shell(advice)).toContain('made our data/keys; key id ');
  expect(await shell(asked)).toContain('BEGIN PUBLIC KEY');
  expect(await readdir(here)).toEqual(['our data']);
});

it('after a rotation that was cut off it says which is to be ended', async () => {
  await initKeys(join(here, 'cut', 'keys'));
  await mkdir(join(here, 'cut', 'keys', 'next'));
  expect(await shell('interlock keys show --data cut')).toContain('run `interlock keys rotate --data cut`');
});

it('a configuration that lacks a Redis says how that very one is started without', async () => {
  const file = join(here, 'our config.yaml');
  await writeFile(file, '{}');
  expect(() => loadSettings('worker', file, {})).toThrow(`use \`interlock -c '${file}' up\``);
  expect(() => loadSettings('worker', undefined, {})).toThrow('use `interlock up`');
});
