import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../src/demo/slack-control.ts';
import type { RunState } from '../../src/run/state.ts';
import { createProjector, type Projector } from '../../src/slack/projection.ts';
import { openWorkspace, type Workspace } from '../../src/slack/workspace.ts';
import { MemoryLog, MemoryPostings } from '../fixtures/slack-memory.ts';
import { channel, passedRun, RunTale } from '../fixtures/slack-runs.ts';
import { type SlackWorkspace, startSlackWorkspace, textOf } from '../fixtures/slack-workspace.ts';

let server: SlackWorkspace;
let workspace: Workspace;
let log: MemoryLog;
const projectors: Projector[] = [];
let runs = 0;
const newRunId = () => `run-${++runs}`;

beforeAll(async () => {
  server = await startSlackWorkspace();
});
afterAll(() => server.close());
afterEach(async () => {
  for (const projector of projectors.splice(0)) await projector.close();
});

async function projector(postings: MemoryPostings, intervalMs = 0): Promise<Projector> {
  log = new MemoryLog();
  workspace = await openWorkspace({ botToken: server.slack.botToken, apiUrl: server.proxy.apiUrl, log });
  const bytes = new TextEncoder().encode('evidence');
  const made = createProjector({
    client: workspace.client,
    postings,
    evidence: async () => bytes,
    log,
    intervalMs,
  });
  projectors.push(made);
  return made;
}

async function show(postings: MemoryPostings, run: RunState): Promise<void> {
  const made = await projector(postings);
  await made.project(run);
  await made.settled();
}

async function messagesOfRun(runId: string): Promise<SlackMessage[]> {
  const all = await server.messages();
  const root = all.find(({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:root`);
  return all.filter(({ ts, thread_ts }) => root && (ts === root.ts || thread_ts === root.ts));
}

const keysOf = (messages: readonly SlackMessage[]) =>
  messages.flatMap(({ blocks }) => blocks?.[0]?.block_id?.split(':')[2] ?? []);
const filesOf = (messages: readonly SlackMessage[]) =>
  messages.flatMap(({ files }) => files?.map(({ name }) => name) ?? []);

describe('projecting a run', () => {
  it('posts a root, and everything else once into its thread, with the files', async () => {
    const runId = newRunId();
    await show(new MemoryPostings(), passedRun(runId));
    const messages = await messagesOfRun(runId);
    expect(keysOf(messages)).toEqual([
      'root',
      'gate-precheck',
      'gate-survey',
      'gate-reconcile',
      'gate-test',
      'gate-artifact',
      'gate-stage',
      'approval',
      'gate-promote',
      'gate-prove',
      'gate-rollback-readiness',
      'gate-report',
      'final',
    ]);
    expect(filesOf(messages)).toContain('09-final.md');
    expect(filesOf(messages)).toContain('G3-test-1-output-of-test.txt');
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('posts nothing again for the same state, and updates the root in place for the next', async () => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    const tale = new RunTale(runId).queue('precheck');
    await show(postings, tale.state);
    const [before] = await messagesOfRun(runId);
    const calls = server.proxy.calls.length;
    await show(postings, tale.state);
    expect(server.proxy.calls.slice(calls).map(({ method }) => method)).toEqual(['auth.test', 'auth.test']);
    await show(postings, tale.finish('precheck').state);
    const after = await messagesOfRun(runId);
    expect(keysOf(after)).toEqual(['root', 'gate-precheck']);
    expect(after[0]?.ts).toBe(before?.ts);
    expect(textOf(after[0] ?? { ts: '', text: '' })).toContain('1 of 11 gates');
  });

  it.each(['root', 'gate-precheck'])(
    'does not post %s twice when the answer to the post is lost',
    async (key) => {
      const runId = newRunId();
      const postings = new MemoryPostings();
      const tale = new RunTale(runId).queue('precheck');
      if (key === 'gate-precheck') await show(postings, tale.state);
      server.proxy.breakNext('chat.postMessage', { kind: 'lost-answer' });
      await show(postings, tale.finish('precheck').state);
      expect(keysOf(await messagesOfRun(runId))).toEqual(['root', 'gate-precheck']);
    },
  );

  it('does not post twice when the process dies between post and record', async () => {
    const runId = newRunId();
    const dying = new MemoryPostings();
    dying.posted = () => new Promise(() => {});
    const first = await projector(dying);
    await first.project(new RunTale(runId).queue('precheck').state);
    await server.awaitMessage(({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:root`, 'the root');
    projectors.splice(0);

    const postings = new MemoryPostings();
    // A table that kept what had been begun, as one on a disk does.
    for (const [id, row] of dying.rows) postings.rows.set(id, row);
    await show(postings, new RunTale(runId).queue('precheck').finish('precheck').state);
    const messages = await messagesOfRun(runId);
    expect(keysOf(messages)).toEqual(['root', 'gate-precheck']);
    expect(
      (await server.messages()).filter(({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:root`),
    ).toHaveLength(1);
  });

  it('does not upload a file twice when the answer to the upload is lost', async () => {
    const runId = newRunId();
    server.proxy.breakNext('files.completeUploadExternal', { kind: 'lost-answer' });
    await show(new MemoryPostings(), new RunTale(runId).queue('precheck').finish('precheck').state);
    expect(filesOf(await messagesOfRun(runId))).toEqual([
      'G0-precheck-checks.txt',
      'G0-precheck-1-output-of-precheck.txt',
    ]);
  });

  it('waits as long as a rate limit says, then goes on', async () => {
    const runId = newRunId();
    server.proxy.breakNext('chat.postMessage', { kind: 'rate-limit', retryAfterSeconds: 1 });
    const start = Date.now();
    await show(new MemoryPostings(), new RunTale(runId).state);
    expect(Date.now() - start).toBeGreaterThanOrEqual(1000);
    expect(keysOf(await messagesOfRun(runId))).toEqual(['root']);
  });

  it('tries again after a server error', async () => {
    const runId = newRunId();
    server.proxy.breakNext('chat.postMessage', { kind: 'server-error' });
    await show(new MemoryPostings(), new RunTale(runId).state);
    expect(keysOf(await messagesOfRun(runId))).toEqual(['root']);
  });

  it('says it in plain words when Slack refuses the blocks', async () => {
    const runId = newRunId();
    server.proxy.breakNext('chat.postMessage', { kind: 'refuse', error: 'invalid_blocks' });
    const postings = new MemoryPostings();
    await show(postings, new RunTale(runId).state);
    const [root] = await messagesOfRun(runId);
    expect(root?.blocks).toHaveLength(1);
    expect(textOf(root ?? { ts: '', text: '' })).toContain('Deploy o8b-retry');
  });

  it('posts a message again that somebody deleted', async () => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    const tale = new RunTale(runId).queue('precheck').finish('precheck');
    await show(postings, tale.state);
    await show(postings, tale.passBefore('promote').askApproval().state);
    const approval = (await messagesOfRun(runId)).find(
      ({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:approval`,
    );
    await workspace.client.chat.delete({ channel, ts: approval?.ts ?? '' });
    await show(postings, tale.vote().state);
    expect(keysOf(await messagesOfRun(runId))).toContain('approval');
  });

  it('puts updates off and shows the latest, but neither new messages nor the end', async () => {
    const runId = newRunId();
    const tale = new RunTale(runId);
    const postings = new MemoryPostings();
    const slow = await projector(postings, 60_000);
    await slow.project(tale.state);
    await server.awaitMessage(({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:root`, 'the root');
    const updates = () =>
      server.proxy.calls.filter(
        ({ method, args }) => method === 'chat.update' && JSON.stringify(args).includes(`il:${runId}:`),
      ).length;
    for (const kind of ['precheck', 'survey', 'reconcile'] as const)
      await slow.project(tale.queue(kind).finish(kind).state);
    await server.awaitMessage(
      ({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:gate-reconcile`,
      'a new message at once',
    );
    expect(updates()).toBe(0);
    await slow.project(tale.end().state);
    await slow.settled();
    expect(updates()).toBe(1);
    expect(textOf((await messagesOfRun(runId))[0] ?? { ts: '', text: '' })).toContain('✅ PASS');
  });

  it('shows what was put off when it is closed', async () => {
    const runId = newRunId();
    const tale = new RunTale(runId);
    const slow = await projector(new MemoryPostings(), 60_000);
    await slow.project(tale.state);
    await server.awaitMessage(({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:root`, 'the root');
    await slow.project(tale.queue('precheck').state);
    await slow.close();
    expect(textOf((await messagesOfRun(runId))[0] ?? { ts: '', text: '' })).toContain('on a `ssot` worker');
  });
});
