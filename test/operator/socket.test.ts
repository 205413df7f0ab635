import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askControlPlane } from '../../src/operator/ask.ts';
import { endpoint, mostBytes } from '../../src/operator/protocol.ts';
import { serveOperators } from '../../src/operator/serve.ts';
import { createTestControlPlane, type TestControlPlane } from '../fixtures/slack-control-plane.ts';
import { MemoryLog } from '../fixtures/slack-memory.ts';
import { channel, examplePlan, requester } from '../fixtures/slack-runs.ts';

const execute = promisify(execFile);
const plan = examplePlan();
const log = new MemoryLog();
let parent: string;
let plane: TestControlPlane;
let isSlackAway = false;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'interlock-operator-'));
  const unlessAway = <T>(answer: T) => {
    if (isSlackAway) throw new Error('expected nobody to ask Slack');
    return Promise.resolve(answer);
  };
  plane = await createTestControlPlane({
    plan,
    log,
    workspace: {
      identify: (id: string) =>
        unlessAway({ ...requester, id, isBot: false, isDeleted: false, isGuest: false, isStranger: false }),
      placeOf: (place: string) => unlessAway({ channel: place, isShared: false }),
    },
  });
});
afterAll(async () => {
  await plane.coordinator.stop();
  await rm(parent, { recursive: true, force: true });
});

let count = 0;
const newData = async (name = `data-${count++}`) => {
  const data = join(parent, name);
  await mkdir(data, { recursive: true });
  return data;
};
const serve = (data: string) => serveOperators({ data, machine: 'control', control: plane.control, log });
const socketOf = (data: string) => join(data, 'control', 'control.sock');

async function startRun(): Promise<string> {
  const wish = { operation: 'deploy', subject: plan.name, dryRun: false, requester, channel } as const;
  const answer = await plane.control.request(wish);
  if (!answer.ok) throw new Error(answer.refusal.text);
  return answer.value.runId;
}

describe('the socket of operators', () => {
  it('is for its owner alone, and gone after the stop', async () => {
    const data = await newData();
    const served = await serve(data);
    const modes = [dirname(socketOf(data)), socketOf(data)].map(
      async (path) => (await stat(path)).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o700, 0o600]);
    await served.stop();
    expect(existsSync(socketOf(data))).toBe(false);
    await expect(askControlPlane(data, 'dana', { act: 'status' })).rejects.toMatchObject({
      code: 'not-running',
    });
  });

  it('stops and mends while Slack is away, under the name of the operator', async () => {
    const data = await newData();
    await using _served = await disposable(serve(data));
    const runId = await startRun();
    isSlackAway = true;
    try {
      const ask: typeof askControlPlane = (_, login, question) => askControlPlane(data, login, question);
      expect(await ask(data, 'dana', { act: 'locks' })).toMatchObject({
        ok: true,
        value: [{ runId, owner: { name: requester.name } }],
      });
      const disable = { act: 'disable', plan: null, level: 1, reason: 'incident 7' } as const;
      expect(await ask(data, 'dana', disable)).toMatchObject({ ok: true, value: { plan: null, level: 1 } });
      expect(plane.switchboard.board().all?.by).toEqual({ id: 'operator:dana', name: 'dana@control' });
      expect(await ask(data, 'dana', { act: 'status' })).toMatchObject({
        ok: true,
        value: { all: { enabled: false, reason: expect.stringContaining('by dana@control') } },
      });
      expect((await ask(data, 'dana', { act: 'enable', plan: null, reason: 'over' })).ok).toBe(true);
      expect(await ask(data, 'dana', { act: 'publish', run: runId })).toMatchObject({
        ok: false,
        refusal: { code: 'not-finished' },
      });
      expect((await ask(data, 'dana', { act: 'abort', run: runId, reason: 'enough' })).ok).toBe(true);
      expect((await plane.state(runId)).aborted?.by.id).toBe('operator:dana');
      expect((await ask(data, 'dana', { act: 'unlock', run: runId, reason: 'it hangs' })).ok).toBe(true);
      expect((await plane.state(runId)).lockBroken?.by).toEqual({
        id: 'operator:dana',
        name: 'dana@control',
      });
      expect(await ask(data, 'dana', { act: 'runs' })).toMatchObject({ ok: true, value: [{ run: runId }] });
      expect(await ask(data, 'dana', { act: 'run', run: 'control' })).toMatchObject({
        ok: false,
        refusal: { code: 'unknown-run' },
      });
      for (const lost of [
        { act: 'abort', run: 'nope', reason: 'x' },
        { act: 'unlock', run: 'nope', reason: 'x' },
        { act: 'publish', run: 'nope' },
        { act: 'tidy', subject: 'nope', remove: false },
      ] as const)
        expect(await ask(data, 'dana', lost), lost.act).toMatchObject({
          ok: false,
          refusal: {
            text: expect.stringMatching(
              new RegExp(`"nope".*\`interlock control --data ${data} runs\` lists`),
            ),
          },
        });
    } finally {
      isSlackAway = false;
    }
  });

  it('takes a tidy of an operator: a list at any time, a removal when no run holds the target', async () => {
    const data = await newData();
    await using _served = await disposable(serve(data));
    const ask = (more: object) =>
      askControlPlane(data, 'dana', { act: 'tidy', subject: plan.name, remove: false, ...more });
    const open = await startRun();
    expect(await ask({ remove: true })).toMatchObject({ ok: false, refusal: { code: 'target-busy' } });
    const listing = await ask({});
    if (!listing.ok) throw new Error(listing.refusal.text);
    expect(await plane.state(listing.value.run)).toMatchObject({
      ...{ operation: 'tidy', mode: 'DRYRUN', channel, requester: { id: 'operator:dana' } },
      places: [
        {
          target: null,
          livePath: plan.target?.livePath,
          live: null,
          ways: [],
          neighbours: expect.arrayContaining([open]),
        },
      ],
    });
    expect(await askControlPlane(data, 'dana', { act: 'leftovers', run: listing.value.run })).toMatchObject({
      ...{ ok: true, value: { done: false, places: [{ status: 'queued', facts: null }] } },
    });
    await askControlPlane(data, 'dana', { act: 'unlock', run: open, reason: 'it hangs' });
    expect(await ask({ remove: true })).toMatchObject({ ok: true });
    expect(await ask({ target: 'docs' })).toMatchObject({ ok: false, refusal: { code: 'unknown-target' } });
    expect(await ask({ subject: 'nobody' })).toMatchObject({ ok: false });
    expect(await askControlPlane(data, 'dana', { act: 'leftovers', run: open })).toMatchObject({ ok: false });
  });

  it('knows no question that asks for a deploy or a way back, consents to a run or judges one', async () => {
    const data = await newData();
    await using _served = await disposable(serve(data));
    for (const act of ['request', 'approve', 'reject', 'withdraw', 'rule', 'override-freeze', 'rollback'])
      expect(await post(data, { login: 'dana', ask: { act, run: 'r-1', reason: 'x' } })).toMatchObject({
        status: 400,
        body: { refusal: { code: 'unreadable' } },
      });
    expect(await post(data, { login: 'two\nlines', ask: { act: 'status' } })).toMatchObject({ status: 400 });
    expect(await post(data, 'x'.repeat(mostBytes + 1))).toMatchObject({ status: 413 });
    expect(await post(data, {}, '/')).toMatchObject({ status: 404 });
  });

  it('of a living control plane is refused to another, that of a dead one replaced, another file left alone', async () => {
    const data = await newData();
    const served = await serve(data);
    await expect(serve(data)).rejects.toMatchObject({ code: 'data-directory-in-use' });
    expect((await askControlPlane(data, 'dana', { act: 'status' })).ok).toBe(true);
    await served.stop();
    await leaveSocket(socketOf(data));
    await expect(askControlPlane(data, 'dana', { act: 'status' })).rejects.toMatchObject({
      code: 'not-running',
    });
    const again = await serve(data);
    expect((await askControlPlane(data, 'dana', { act: 'status' })).ok).toBe(true);
    await again.stop();
    await writeFile(socketOf(data), 'notes');
    await expect(serve(data)).rejects.toMatchObject({ code: 'not-a-socket' });
    await rm(socketOf(data));
    await (await serve(data)).stop();
  });

  it('works where the path is longer than an address may be', async () => {
    const data = await newData('d'.repeat(200));
    await using served = await disposable(serve(data));
    expect((await askControlPlane(data, 'dana', { act: 'status' })).ok).toBe(true);
    expect((await stat(socketOf(data))).isSocket()).toBe(true);
    await served.stop();
    expect(existsSync(socketOf(data))).toBe(false);
  });
});

describe('interlock control', () => {
  const control = (...args: string[]) => execute(process.execPath, ['src/cli.ts', ...args]);

  it('finds the data directory by the configuration, acts, and says what to do when nobody is there', async () => {
    const data = await newData();
    const config = join(parent, 'interlock.yaml');
    await writeFile(config, `data: ${data}\nslack: { botToken: { file: nowhere } }\n`);
    const alone: unknown = await control('-c', config, 'control', 'status').catch((error: unknown) => error);
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('start `interlock up`') });
    await using _served = await disposable(serve(data));
    const { stdout } = await control(
      'control',
      '--data',
      data,
      'disable',
      '--plan',
      plan.name,
      'too',
      'risky',
    );
    expect(stdout).toContain(`execution is disabled for ${plan.name}, level 0`);
    expect(plane.switchboard.forPlan(plan.name).reason).toContain('too risky');
  });
});

async function disposable(starting: Promise<{ stop(): Promise<void> }>) {
  const { stop } = await starting;
  let stopped: Promise<void> | undefined;
  const once = () => (stopped ??= stop());
  return { stop: once, [Symbol.asyncDispose]: once };
}

async function post(data: string, body: unknown, path = endpoint) {
  const outgoing = request({ socketPath: socketOf(data), path, method: 'POST' });
  outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  const [incoming] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return { status: incoming.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
}

/** What kill -9 leaves behind. */
async function leaveSocket(path: string): Promise<void> {
  const child = spawn(process.execPath, [
    '-e',
    `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`,
  ]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}
