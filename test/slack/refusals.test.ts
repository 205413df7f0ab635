// Slack refuses one file, one edit, one message, a channel or everything; for good, for a while, or for ever. Whatever it is, the
// messages after it are posted in their order, the approval above all, and the thread says what is not shown.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../src/demo/slack-control.ts';
import type { RunState } from '../../src/run/state.ts';
import { backoffAfter, mostBackoffMs } from '../../src/slack/attempts.ts';
import { createProjector, type Projector } from '../../src/slack/projection.ts';
import { openWorkspace } from '../../src/slack/workspace.ts';
import { MemoryLog, MemoryPostings } from '../fixtures/slack-memory.ts';
import type { Fault, SlackProxy } from '../fixtures/slack-proxy.ts';
import { channel, examplePlan, RunTale } from '../fixtures/slack-runs.ts';
import { type SlackWorkspace, startSlackWorkspace, textOf, until } from '../fixtures/slack-workspace.ts';

let server: SlackWorkspace;
let log: MemoryLog;
const projectors: Projector[] = [];
const mends: (() => void)[] = [];
let runs = 0;
const newRunId = () => `refused-${++runs}`;

beforeAll(async () => {
  server = await startSlackWorkspace();
});
afterAll(() => server.close());
afterEach(async () => {
  for (const mend of mends.splice(0)) mend();
  for (const projector of projectors.splice(0)) await projector.close();
});

async function projector(postings: MemoryPostings, answerWithinMs = 30_000): Promise<Projector> {
  log = new MemoryLog();
  const { botToken } = server.slack;
  const { apiUrl } = server.proxy;
  const { client } = await openWorkspace({ botToken, apiUrl, log, answerWithinMs });
  const evidence = async () => new TextEncoder().encode('evidence');
  const made = createProjector({ client, postings, evidence, log, intervalMs: 0, firstBackoffMs: 1 });
  projectors.push(made);
  return made;
}

async function show(postings: MemoryPostings, run: RunState): Promise<void> {
  const made = await projector(postings);
  await made.project(run);
  await made.settled();
}

function breakEvery(...fault: Parameters<SlackProxy['breakEvery']>): () => void {
  const mend = server.proxy.breakEvery(...fault);
  mends.push(mend);
  return mend;
}

const marked =
  (runId: string, key: string) =>
  ({ blocks }: { readonly [name: string]: unknown }) =>
    JSON.stringify(blocks ?? '').includes(`"il:${runId}:${key}"`);

async function messagesOfRun(runId: string): Promise<SlackMessage[]> {
  const all = await server.messages();
  const roots = all.filter(({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:root`).map(({ ts }) => ts);
  return all.filter(({ ts, thread_ts }) => roots.includes(ts) || roots.includes(thread_ts ?? ''));
}

const keysOf = (messages: readonly SlackMessage[]) =>
  messages.flatMap(({ blocks }) => keyOf(blocks?.[0]?.block_id) ?? []);
/** Without the hash that tells lines of one message apart. */
const keyOf = (id: string | undefined) => id?.split(':')[2]?.replace(/-[0-9a-f]{8}$/, '');
const filesOf = (messages: readonly SlackMessage[]) =>
  messages.flatMap(({ files }) => files?.map(({ name }) => name) ?? []);
const byKey = (messages: readonly SlackMessage[], key: string) => {
  const found = messages.find(({ blocks }) => keyOf(blocks?.[0]?.block_id) === key);
  if (!found) throw new Error(`expected a message ${key}, got ${keysOf(messages).join(', ')}`);
  return found;
};

const refuse = (error: string): Fault => ({ kind: 'refuse', error });
const passingFaults: readonly Fault[] = [
  refuse('internal_error'),
  refuse('fatal_error'),
  { kind: 'server-error' },
  { kind: 'rate-limit', retryAfterSeconds: 0 },
];
const lastingCodes = ['storage_limit_reached', 'restricted_action', 'a_code_of_tomorrow'];
const gates = ['gate-precheck', 'gate-test', 'gate-stage'];
const passGates = (tale: RunTale) =>
  tale.queue('precheck').finish('precheck').queue('test').finish('test').queue('stage').finish('stage');
const askedFor = (runId: string) => passGates(new RunTale(runId)).askApproval();

describe('a file that Slack does not take', () => {
  const faults: readonly Fault[] = [
    ...passingFaults,
    ...[
      'file_uploads_disabled',
      'file_upload_size_restricted',
      'missing_scope',
      'not_in_channel',
      ...lastingCodes,
    ].map(refuse),
  ];
  it.each(
    faults.map((fault, index) => {
      const method = index % 2 === 0 ? 'files.completeUploadExternal' : 'files.getUploadURLExternal';
      return { method, fault };
    }),
  )('is named in the thread, and the approval is asked for: $fault at $method', async ({ method, fault }) => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    breakEvery(method, fault);
    await show(postings, askedFor(runId).state);
    const messages = await messagesOfRun(runId);
    expect(keysOf(messages).filter((key) => !key.startsWith('unshown-'))).toEqual([
      'root',
      ...gates,
      'approval',
    ]);
    expect(filesOf(messages)).toEqual([]);
    const rows = [...postings.rows.values()].filter(({ key }) => key.startsWith('file-'));
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['settled']));
    for (const key of gates) {
      const line = textOf(byKey(messages, `unshown-${key}-files`));
      const [checks] = rows.filter((row) => row.key.includes(`${key.slice('gate-'.length)}-checks`));
      expect(line).toContain(checks?.digest);
      expect(line).toContain(checks?.refusal);
    }
  });

  it('does not take the others of its message with it', async () => {
    const runId = newRunId();
    breakEvery('files.getUploadURLExternal', refuse('file_type_restricted'), ({ filename }) =>
      String(filename).startsWith('G3-test-checks'),
    );
    await show(new MemoryPostings(), askedFor(runId).state);
    const messages = await messagesOfRun(runId);
    expect(filesOf(messages)).toContain('G3-test-1-output-of-test.txt');
    expect(filesOf(messages)).not.toContain('G3-test-checks.txt');
    expect(new Set(filesOf(messages)).size).toBe(filesOf(messages).length);
    expect(keysOf(messages).filter((key) => key.startsWith('unshown-'))).toEqual(['unshown-gate-test-files']);
  });

  it('is shown when Slack takes it after all, and no line says otherwise', async () => {
    const runId = newRunId();
    for (const fault of [refuse('internal_error'), { kind: 'server-error' } as const])
      server.proxy.breakNext('files.completeUploadExternal', fault);
    await show(new MemoryPostings(), new RunTale(runId).queue('precheck').finish('precheck').state);
    const messages = await messagesOfRun(runId);
    expect(filesOf(messages)).toHaveLength(2);
    expect(keysOf(messages)).toEqual(['root', 'gate-precheck']);
  });

  it('holds no message up while Slack asks to be left alone with files', async () => {
    const runId = newRunId();
    breakEvery('files.getUploadURLExternal', { kind: 'rate-limit', retryAfterSeconds: 60 });
    const made = await projector(new MemoryPostings());
    await made.project(askedFor(runId).state);
    await until(async () => keysOf(await messagesOfRun(runId)).includes('approval'), 'the approval', 5000);
  });

  it('is named once, also when the bot is killed between the line and the record', async () => {
    const runId = newRunId();
    const dying = new MemoryPostings();
    dying.settle = () => new Promise(() => {});
    breakEvery('files.completeUploadExternal', refuse('file_uploads_disabled'));
    const run = new RunTale(runId).queue('precheck').finish('precheck').state;
    const first = await projector(dying);
    await first.project(run);
    await until(
      async () => keysOf(await messagesOfRun(runId)).includes('unshown-gate-precheck-files'),
      'the line',
    );
    await until(
      async () => [...dying.rows.values()].some(({ key, ts }) => key.startsWith('unshown-') && ts),
      'its record',
    );
    projectors.splice(0);
    const postings = new MemoryPostings();
    for (const [id, row] of dying.rows) postings.rows.set(id, row);
    await show(postings, run);
    expect(keysOf(await messagesOfRun(runId))).toEqual([
      'root',
      'gate-precheck',
      'unshown-gate-precheck-files',
    ]);
  });
});

describe('an edit that Slack does not take', () => {
  it.each([
    ...passingFaults,
    ...[
      'edit_window_closed',
      'cant_update_message',
      'msg_too_long',
      'invalid_blocks',
      'no_text',
      'update_failed',
    ].map(refuse),
    ...lastingCodes.map(refuse),
    refuse('not_in_channel'),
  ])('holds nothing up, and a line says what the message should say: %o', async (fault) => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    const tale = new RunTale(runId);
    await show(postings, tale.state);
    breakEvery('chat.update', fault);
    await show(postings, passGates(tale).askApproval().state);
    expect(keysOf(await messagesOfRun(runId))).toEqual(expect.arrayContaining([...gates, 'approval']));
    await show(postings, tale.vote().grant().state);
    await show(postings, tale.end({ verdict: 'FAILED', reason: { code: 'x', text: 'x' } }).state);
    const messages = await messagesOfRun(runId);
    expect(keysOf(messages)).toContain('final');
    const ids = messages.flatMap(({ blocks }) => blocks?.[0]?.block_id ?? []);
    expect(ids).toHaveLength(new Set(ids).size);
    const said = messages.filter((message) => keysOf([message])[0]?.startsWith('unshown-')).map(textOf);
    expect(said.some((text) => text.includes('✅ Approved: '))).toBe(true);
    expect(said.some((text) => text.includes(`(${runId}): FAILED`))).toBe(true);
    for (const text of said) expect(text).toMatch(/sha256:[0-9a-f]{64}/);
    // A vote on the message that stands must still be known.
    expect(postings.rows.get(`${runId} approval`)).toMatchObject({
      state: 'posted',
      ts: byKey(messages, 'approval').ts,
    });
  });

  it('of a message that somebody deleted is a new message', async () => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    const tale = askedFor(runId);
    await show(postings, tale.state);
    server.proxy.breakNext('chat.update', refuse('message_not_found'));
    await show(postings, tale.vote().state);
    expect(new Set(keysOf(await messagesOfRun(runId)))).toEqual(new Set(['root', ...gates, 'approval']));
  });
});

describe('a message that Slack does not take', () => {
  const faults = [
    ...passingFaults.filter(({ kind }) => kind !== 'rate-limit'),
    ...['msg_too_long', 'msg_blocks_too_long', 'invalid_blocks', 'no_text', 'a_code_of_tomorrow'].map(refuse),
  ];
  it.each([...faults, refuse('restricted_action')])(
    'in any form is passed over, with a line in its place: %o',
    async (fault) => {
      const runId = newRunId();
      const postings = new MemoryPostings();
      breakEvery('chat.postMessage', fault, marked(runId, 'gate-test'));
      await show(postings, askedFor(runId).state);
      const messages = await messagesOfRun(runId);
      expect(keysOf(messages)).toEqual(
        ['root', ...gates, 'approval'].map((key) => (key === 'gate-test' ? 'unshown-gate-test' : key)),
      );
      const line = textOf(byKey(messages, 'unshown-gate-test'));
      expect(line).toMatch(/sha256:[0-9a-f]{64}/);
      expect(filesOf(messages)).toContain('unshown-gate-test.txt');
      expect(postings.rows.get(`${runId} gate-test`)).toMatchObject({ state: 'settled' });
      // And it is not tried again after a restart.
      const calls = server.proxy.calls.length;
      await show(postings, askedFor(runId).state);
      const since = server.proxy.calls.slice(calls).map(({ method }) => method);
      expect(since.filter((method) => /^(chat|files)\./.test(method))).toEqual([]);
    },
  );

  it.each<Fault>([{ kind: 'hang-up' }, { kind: 'server-error' }])(
    'or never answers holds nothing up either, and is shown once it is taken: %o',
    async (fault) => {
      const runId = newRunId();
      const postings = new MemoryPostings();
      const fits = marked(runId, 'gate-test');
      const mend = breakEvery('chat.postMessage', fault, fits);
      const made = await projector(postings);
      const tale = askedFor(runId);
      await made.project(tale.state);
      await until(async () => keysOf(await messagesOfRun(runId)).includes('approval'), 'the approval', 8000);
      const line = textOf(byKey(await messagesOfRun(runId), 'unshown-gate-test'));
      expect(line).toMatch(/sha256:[0-9a-f]{64}.*tried again/);
      expect(postings.rows.get(`${runId} gate-test`)).toMatchObject({ state: 'pending' });
      // A restart goes on counting, and does not say it once more.
      const tries = postings.rows.get(`${runId} gate-test`)?.tries ?? 0;
      expect(tries).toBeGreaterThan(1);
      await made.close();
      mend();
      await show(postings, tale.vote().state);
      expect(keysOf(await messagesOfRun(runId))).toEqual([
        ...['root', 'gate-precheck', 'unshown-gate-test', 'gate-stage', 'approval', 'gate-test'],
      ]);
      expect(postings.rows.get(`${runId} gate-test`)).toMatchObject({ state: 'posted', tries: 0 });
    },
  );

  it('and never answers is given up in the end, also by a bot that is started again and again', async () => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    breakEvery('chat.postMessage', { kind: 'hang-up' }, marked(runId, 'gate-test'));
    const isTried = ({ method, args }: { method: string; args: object }) =>
      method === 'chat.postMessage' && marked(runId, 'gate-test')({ ...args });
    const row = () => postings.rows.get(`${runId} gate-test`);
    for (let starts = 0; starts < 20 && row()?.state !== 'settled'; starts += 1) {
      const made = await projector(postings);
      await made.project(askedFor(runId).state);
      await made.close();
    }
    expect(row()).toMatchObject({ state: 'settled', refusal: 'no_answer' });
    expect(server.proxy.calls.filter(isTried)).toHaveLength(7);
  });

  it.each(faults)('with all its blocks is said in short, with the whole as a file: %o', async (fault) => {
    const runId = newRunId();
    breakEvery(
      'chat.postMessage',
      fault,
      (args) => marked(runId, 'gate-test')(args) && (args['blocks'] as unknown[]).length > 1,
    );
    await show(new MemoryPostings(), askedFor(runId).state);
    const messages = await messagesOfRun(runId);
    expect(keysOf(messages)).toEqual(['root', ...gates, 'approval']);
    expect(textOf(byKey(messages, 'gate-test'))).toContain('did not take the whole');
    expect(filesOf(messages)).toContain('gate-test-whole.txt');
  });
});

describe('the approval', () => {
  it.each(['invalid_blocks', 'msg_blocks_too_long', 'internal_error'])(
    'that Slack does not take whole says so, with its digest, its buttons and the whole as a file: %s',
    async (error) => {
      const runId = newRunId();
      const tale = askedFor(runId);
      breakEvery(
        'chat.postMessage',
        refuse(error),
        (args) => marked(runId, 'approval')(args) && (args['blocks'] as unknown[]).length > 6,
      );
      await show(new MemoryPostings(), tale.state);
      const messages = await messagesOfRun(runId);
      const approval = byKey(messages, 'approval');
      expect(textOf(approval)).toContain(tale.state.approval?.digest);
      expect(textOf(approval)).toContain('did not take the whole');
      expect(textOf(approval)).toContain('interlock-approve');
      expect(approval.reactions?.map(({ name }) => name)).toEqual(['white_check_mark', 'x']);
      expect(filesOf(messages)).toContain('approval-whole.txt');
    },
  );

  it.each<Fault>([refuse('msg_too_long'), { kind: 'server-error' }, { kind: 'hang' }])(
    'is tried on for as long as Slack takes it in no form, and a line says so meanwhile: %o',
    async (fault) => {
      const runId = newRunId();
      const postings = new MemoryPostings();
      const mend = breakEvery('chat.postMessage', fault, marked(runId, 'approval'));
      const made = await projector(postings, 1500);
      await made.project(askedFor(runId).state);
      await until(async () => keysOf(await messagesOfRun(runId)).includes('unshown-approval'), 'the line');
      expect(postings.rows.get(`${runId} approval`)?.state).toBe('pending');
      mend();
      await made.settled();
      expect(keysOf(await messagesOfRun(runId))).toEqual(['root', ...gates, 'unshown-approval', 'approval']);
    },
  );

  it('that Slack takes in no form does not hold the end of the run up', async () => {
    const runId = newRunId();
    breakEvery('chat.postMessage', { kind: 'server-error' }, marked(runId, 'approval'));
    const made = await projector(new MemoryPostings());
    const tale = askedFor(runId);
    await made.project(tale.end({ verdict: 'BLOCKED', reason: { code: 'x', text: 'x' } }).state);
    await until(async () => keysOf(await messagesOfRun(runId)).includes('final'), 'the end', 8000);
  });

  it('that is too long for one message is there whole as a file', async () => {
    const runId = newRunId();
    const title = 'a gate with a long title '.repeat(8);
    const gatesOfPlan = examplePlan().gates.map((gate) => ({ ...gate, title }));
    const drift = Array.from({ length: 60 }, (_, index) => ({
      name: `fact ${index}`,
      before: 'x'.repeat(200),
      after: `value ${index}`,
    }));
    const tale = passGates(new RunTale(runId, examplePlan({ gates: gatesOfPlan }))).askApproval();
    tale.tell({
      type: 'approval.voided',
      data: {
        digest: tale.state.approval?.digest ?? '',
        reason: { code: 'drift', text: 'it changed' },
        drift,
      },
    });
    await show(new MemoryPostings(), tale.askApproval().state);
    const messages = await messagesOfRun(runId);
    expect(textOf(byKey(messages, 'approval-2'))).toContain(
      'the whole is in the file `approval-2-whole.txt`',
    );
    const file = messages
      .flatMap(({ files }) => files ?? [])
      .find(({ name }) => name === 'approval-2-whole.txt');
    const text = await (
      await fetch(file?.url_private ?? '', { headers: { authorization: `Bearer ${server.slack.botToken}` } })
    ).text();
    expect(text).toContain('fact 59: ');
    expect(text).toContain('value 59');
  });
});

describe('a channel or workspace that takes nothing', () => {
  it.each([
    'not_in_channel',
    'channel_not_found',
    'is_archived',
    'invalid_auth',
    'account_inactive',
    'token_revoked',
  ])(
    'is waited for, the log says what to do, and all of it is shown in order afterwards: %s',
    async (error) => {
      const runId = newRunId();
      const postings = new MemoryPostings();
      const tale = new RunTale(runId);
      await show(postings, tale.state);
      for (const method of [
        'chat.postMessage',
        'chat.update',
        'files.completeUploadExternal',
        'files.getUploadURLExternal',
      ])
        breakEvery(method, refuse(error));
      const made = await projector(postings);
      await made.project(tale.queue('precheck').finish('precheck').state);
      await until(
        async () => log.lines.filter(({ message }) => message.includes('could not show a run')).length > 6,
        'many tries',
      );
      expect(log.lines.find(({ level }) => level === 'error')?.details).toMatchObject({
        refusal: error,
        mend: expect.any(String),
      });
      await made.project(passGates(tale).askApproval().state);
      for (const mend of mends.splice(0)) mend();
      await made.settled();
      const messages = await messagesOfRun(runId);
      expect(keysOf(messages)).toEqual(['root', ...gates, 'approval']);
      expect([...postings.rows.values()].filter(({ state }) => state === 'settled')).toEqual([]);
    },
  );

  it('is no reason to give anything up: an outage of Slack as a whole', async () => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    const methods = [
      'chat.postMessage',
      'chat.update',
      'files.getUploadURLExternal',
      'conversations.replies',
      'conversations.history',
    ];
    const made = await projector(postings);
    await made.project(new RunTale(runId).queue('precheck').state);
    await made.settled();
    for (const method of methods) breakEvery(method, { kind: 'server-error' });
    await made.project(askedFor(runId).state);
    await until(
      async () => log.lines.filter(({ message }) => message.includes('could not show a run')).length > 6,
      'many tries',
    );
    for (const mend of mends.splice(0)) mend();
    await made.settled();
    expect(keysOf(await messagesOfRun(runId))).toEqual(['root', ...gates, 'approval']);
    expect(filesOf(await messagesOfRun(runId))).toHaveLength(6);
  });
});

describe('a thread that takes no reply', () => {
  it.each(['thread_not_found', 'cannot_reply_to_message', 'restricted_action_thread_locked'])(
    'is left, and the run goes on under a new root: %s',
    async (error) => {
      const runId = newRunId();
      const postings = new MemoryPostings();
      const tale = new RunTale(runId).queue('precheck');
      await show(postings, tale.state);
      const old = byKey(await messagesOfRun(runId), 'root').ts;
      breakEvery('chat.postMessage', refuse(error), ({ thread_ts }) => thread_ts === old);
      await show(postings, passGates(tale).askApproval().state);
      const messages = (await messagesOfRun(runId)).filter(({ ts }) => ts !== old);
      expect(keysOf(messages)).toEqual(['root', ...gates, 'approval']);
      expect(messages.slice(1).every(({ thread_ts }) => thread_ts === messages[0]?.ts)).toBe(true);
    },
  );

  it('because its root was deleted is left, too', async () => {
    const runId = newRunId();
    const postings = new MemoryPostings();
    const tale = new RunTale(runId).queue('precheck');
    await show(postings, tale.state);
    const { client } = await openWorkspace({
      botToken: server.slack.botToken,
      apiUrl: server.proxy.apiUrl,
      log,
    });
    await client.chat.delete({ channel, ts: byKey(await messagesOfRun(runId), 'root').ts });
    await show(postings, tale.finish('precheck').state);
    expect(keysOf(await messagesOfRun(runId))).toEqual(['root', 'gate-precheck']);
  });
});

it('never waits longer than 10 s between two tries', () => {
  const waits = Array.from({ length: 60 }, (_, failures) => backoffAfter(failures, 500));
  expect(waits.slice(0, 4)).toEqual([500, 500, 1000, 2000]);
  expect(Math.max(...waits)).toBe(mostBackoffMs);
  expect(mostBackoffMs).toBe(10_000);
});
