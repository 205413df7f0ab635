// The table of docs/probes.md: each deed is done to a real tree, file, port, server or program, and shows where the table says.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deed } from '../../src/plan/deeds.ts';
import { actRows, allDeeds, deedRows } from '../fixtures/deed-tables.ts';
import { kindsExpected, kindsThatSaw, type Probes } from '../fixtures/deeds.ts';
import { openProbeWorld, type TestProbeWorld } from '../fixtures/probe-world.ts';

let dir = '';
let world: TestProbeWorld;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'interlock-deeds-'));
  world = openProbeWorld();
});
afterEach(async () => {
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

const git = (...args: string[]) =>
  execFileSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
const at = (name: string) => join(dir, name);
const host = { host: 'web-1' };

async function expectShown(deed: Deed, probes: Probes, act: () => unknown): Promise<void> {
  expect(await kindsThatSaw(world, probes, act), deed).toEqual(kindsExpected(deed, probes));
}

describe('the page on probes', () => {
  const page = readFileSync('docs/probes.md', 'utf8');

  it('has the tables of deeds and acts as the code has them', () => {
    expect(page).toContain(`|---|---|---|\n${deedRows().join('\n')}\n\n`);
    expect(page).toContain(`|---|---|---|\n${actRows().join('\n')}\n\n`);
  });

  it('names no deed that no test does', () => {
    const tests = ['deeds', 'deeds-on-rows', 'deeds-on-services', 'deeds-on-containers']
      .map((name) => readFileSync(`test/probe/${name}.test.ts`, 'utf8'))
      .join('\n');
    expect(allDeeds.filter((deed) => !new RegExp(`'${deed}'|\\b${deed}:`).test(tests))).toEqual([]);
  });
});

describe('in the tree of a repository', () => {
  const deeds: [Deed, () => unknown][] = [
    ['edit-clean-file', () => writeFile(at('tracked'), 'two')],
    ['edit-dirty-file', () => writeFile(at('dirty'), 'three')],
    ['edit-dirty-file', () => writeFile(at('untracked'), 'two')],
    ['edit-dirty-file', () => writeFile(at('ignored'), 'two')],
    ['add-file', () => writeFile(at('new'), '')],
    ['add-ignored-file', () => writeFile(at('x.log'), '')],
    ['remove-file', () => unlink(at('tracked'))],
    ['make-executable', () => chmod(at('tracked'), 0o755)],
    ['change-mode', () => chmod(at('tracked'), 0o600)],
    ['change-directory-mode', () => chmod(at('folder'), 0o700)],
    ['retarget-link', () => unlink(at('link')).then(() => symlink('dirty', at('link')))],
    ['add-directory', () => mkdir(at('empty'))],
    ['commit', () => git('commit', '--quiet', '--all', '--message=two')],
    ['checkout', () => git('checkout', '--quiet', '-b', 'other')],
    ['touch-file', () => utimes(at('tracked'), 1, 1)],
  ];
  it.each(deeds)('%s (%#) shows where the table says', async (deed, act) => {
    git('init', '--quiet', '--initial-branch=main');
    await mkdir(at('folder'));
    for (const name of ['tracked', 'dirty', 'folder/file']) await writeFile(at(name), 'one', { mode: 0o644 });
    await writeFile(at('.gitignore'), 'ignored\n*.log\n');
    await symlink('tracked', at('link'));
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    for (const name of ['untracked', 'ignored']) await writeFile(at(name), 'one');
    await writeFile(at('dirty'), 'two');
    const probes = { 'tree-digest': { ...host, path: dir }, 'git-head': { ...host, path: dir } };
    await expectShown(deed, probes, act);
  });
});

describe('to a file', () => {
  const deeds: [Deed, () => unknown][] = [
    ['flip-value', () => writeFile(at('flag'), 'enabled = true\n')],
    ['edit-beside-value', () => appendFile(at('flag'), 'more\n')],
    ['change-file-mode', () => chmod(at('flag'), 0o600)],
    ['remove-that-file', () => unlink(at('flag'))],
  ];
  it.each(deeds)('%s shows where the table says', async (deed, act) => {
    await writeFile(at('flag'), 'enabled = false\n', { mode: 0o644 });
    const probes = {
      'tree-digest': { ...host, path: dir },
      'file-digest': { ...host, path: at('flag') },
      constant: { ...host, path: dir, file: 'flag', pattern: '^enabled = (true|false)$' },
    };
    await expectShown(deed, probes, act);
  });
});

it('open-port and close-port show where the table says', async () => {
  const server = createListener().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.close();
    await once(server, 'close');
  };
  const open = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const probes = { 'listening-ports': { ...host, ports: [port] } };
  await expectShown('close-port', probes, close);
  await expectShown('open-port', probes, open);
  await close();
});

it('change-answer and change-status show where the table says', async () => {
  let [status, body] = [200, 'one'];
  const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const probes = { http: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` } };
  await expectShown('change-answer', probes, () => (body = 'two'));
  await expectShown('change-status', probes, () => (status = 503));
  server.closeAllConnections();
  server.close();
});

it('change-output shows where the table says', async () => {
  await writeFile(at('said'), 'one');
  const probes = { command: { ...host, argv: ['cat', at('said')] } };
  await expectShown('change-output', probes, () => writeFile(at('said'), 'two'));
  await expectShown('change-output', probes, () => unlink(at('said')));
});

it('a tree with a socket or a pipe in it can be read, and shows when it goes', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  const probes = { 'tree-digest': { ...host, path: dir } };
  expect(await kindsThatSaw(world, probes, () => unlink(at('pipe')))).toEqual(['tree-digest']);
});
