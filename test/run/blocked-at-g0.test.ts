// What a later gate would fail on is found at G0, in a whole run: the branch has not moved, and nothing is on the host.
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { headOf } from '../../src/artifact/git.ts';
import { gateState } from '../../src/run/state.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';
import { oneDelivery, play, writeSmallPlan } from '../fixtures/small-plans.ts';

let opened: LoopbackRun;
beforeAll(async () => {
  opened = await openLoopbackRun({ database: 'none' });
});
afterAll(() => opened?.close());

it('a host that cannot be reached blocks the run at once, and is not tried again', async () => {
  const text = await readFile(join(opened.directory, 'plans', 'o8b-retry.yaml'), 'utf8');
  const { hosts } = parse(text) as { hosts: { contabo: object } };
  const away = { ...hosts.contabo, port: 1 };
  await writeSmallPlan(opened, 'away-app', { content: 'A', hosts: { ...hosts, contabo: away } });
  const run = await play(opened, opened.deploy({ plan: 'away-app' }));
  expect(run.finished).toMatchObject({ verdict: 'BLOCKED', reason: { code: 'ssh-contabo' } });
  expect(run.finished?.reason?.text).toContain(':1');
  expect(gateState(run, 'precheck')).toMatchObject({ attempt: 1, earlier: [] });
});

it('a live tree that G5 could not take blocks the run before the branch moves', async () => {
  const { live, parent } = opened.world.host;
  const { directory, baseline } = opened.world.ssot;
  execFileSync('mkfifo', [join(live, 'queue')]);
  const before = await readdir(parent);
  const target = { host: 'contabo', livePath: live };
  await writeSmallPlan(opened, 'piped-app', { content: 'A', target, gates: oneDelivery() });
  const run = await play(opened, opened.deploy({ plan: 'piped-app' }));

  expect(run.finished).toMatchObject({ verdict: 'BLOCKED', reason: { code: 'tree-target' } });
  expect(run.finished?.reason?.text).toContain(`${live}/queue: expected files, directories and symlinks`);
  const { result } = gateState(run, 'precheck');
  expect(result?.mutations).toEqual([]);
  expect(
    result?.checks.filter(({ id }) => id.endsWith('-target')).map(({ id, status }) => [id, status]),
  ).toEqual([
    ['parent-target', 'pass'],
    ['live-target', 'pass'],
    ['tree-target', 'blocked'],
    ['exchange-target', 'pass'],
    ['space-target', 'pass'],
  ]);
  expect(await headOf(directory)).toBe(baseline);
  expect(await readdir(parent)).toEqual(before);
});
