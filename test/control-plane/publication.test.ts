// Publication of reports and the chain of heads, on real parts: ledger, queue, worker, and a knowledge base over HTTP.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { loadPublicKey, publicKeyPem } from '../../src/attestation/keys.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { Secret } from '../../src/evidence/secret.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { readFacts } from '../../src/run/facts.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { type HttpKnowledgeBase, startHttpKnowledgeBase } from '../fixtures/http-knowledge-base.ts';
import { approver, channel, type LoopbackRun, openLoopbackRun, requester } from '../fixtures/loopback-run.ts';

let base: HttpKnowledgeBase;
let opened: LoopbackRun;
let run: RunState;

/** Blocked at its first gate, by the machine that it runs on: the shortest run with a report. */
async function runOnce(): Promise<RunState> {
  const runId = await opened.deploy();
  const ended = await opened.until(runId, ({ finished }) => finished !== null);
  await opened.coordinator.advance(runId);
  return ended;
}

beforeAll(async () => {
  base = await startHttpKnowledgeBase();
  opened = await openLoopbackRun({
    machine: 'contabo',
    secrets: new Map([['KB_TOKEN', new Secret(base.token, 'kb-token')]]),
    prepare: async ({ planFile }) => {
      const plan = parseDocument(await readFile(planFile, 'utf8'));
      const publisher = { kind: 'http', url: base.url, token: 'KB_TOKEN' };
      plan.setIn(['reports', 'publisher'], plan.createNode(publisher));
      await writeFile(planFile, plan.toString({ lineWidth: 0 }));
    },
  });
  base.intercept = (request, response) => {
    if (request.method !== 'PUT') return false;
    response.writeHead(507).end(`no room for ${request.headers.authorization}`);
    return true;
  };
  run = await runOnce();
});

afterAll(async () => {
  await opened?.close();
  await base?.close();
});

const shown = (state: RunState) => JSON.stringify(messagesOf(state).at(-1)?.blocks);
const publicationOf = (state: RunState) =>
  readFacts('report', gateState(state, 'report').result?.facts).publication;

describe('a publication that fails', () => {
  it('leaves the verdict and the report gate alone', () => {
    expect(run.finished).toMatchObject({ verdict: 'BLOCKED', reason: { code: 'wrong-machine' } });
    expect(gateState(run, 'report').status).toBe('pass');
    expect(publicationOf(run)).toMatchObject({
      published: false,
      detail: expect.stringContaining('got 507'),
    });
    expect(base.files.size).toBe(0);
  });

  it('is said in the thread, with the command that tries again and without the token', () => {
    expect(shown(run)).toContain('Not published: expected status 200, 201 or 204 from PUT');
    expect(shown(run)).toContain(`/runs publish ${run.runId}`);
    expect(JSON.stringify(run)).not.toContain(base.token);
  });

  it('can be asked for again by a requester of the plan, and changes nothing the second time', async () => {
    expect(await opened.control.publish('o8b-retry-nothere', { ...requester, channel })).toMatchObject({
      ok: false,
      refusal: { code: 'unknown-run' },
    });
    expect(await opened.control.publish(run.runId, { ...approver, channel })).toMatchObject({
      ok: false,
      refusal: { code: 'not-permitted' },
    });
    expect(await opened.control.publish(run.runId, { ...requester, channel })).toMatchObject({
      ok: true,
      value: { published: false },
    });
    base.intercept = () => false;
    expect(await opened.control.publish(run.runId, { ...requester, channel })).toMatchObject({
      ok: true,
      value: {
        published: true,
        detail: expect.stringMatching(
          new RegExp(`^9 documents in http:.*iu-cutter/v0.6-o8b-retry/${run.runId}, revision 1$`),
        ),
        documents: expect.arrayContaining([
          expect.objectContaining({ name: '01-precheck.md', revision: 1, changed: true }),
          expect.objectContaining({ name: '09-final.md' }),
        ]),
      },
    });
    const before = new Map(base.files);
    expect(await opened.control.publish(run.runId, { ...requester, channel })).toMatchObject({
      ok: true,
      value: { published: true, detail: expect.stringContaining('nothing was changed') },
    });
    expect(base.files).toEqual(before);
  });

  it('publishes what was signed, though somebody has improved the files beside the bundle', async () => {
    const directory = join(opened.directory, 'runs', run.runId);
    await writeFile(join(directory, 'reports', '09-final.md'), '**Result: PASS**\n');
    await opened.control.publish(run.runId, { ...requester, channel });
    const text = base.files.get(`/kb/iu-cutter/v0.6-o8b-retry/${run.runId}/09-final.md`) ?? '';
    expect(text).toContain('**Result: BLOCKED**');
    for (const name of await readdir(join(directory, 'reports')))
      await writeFile(
        join(directory, 'reports', name),
        base.files.get(`/kb/iu-cutter/v0.6-o8b-retry/${run.runId}/${name}`) ?? '',
      );
    const verification = await verifyBundle({
      bundleText: await readFile(join(directory, 'evidence.intoto.jsonl'), 'utf8'),
      publicKeys: [loadPublicKey(publicKeyPem(opened.keys.signing))],
      reportDir: join(directory, 'reports'),
    });
    expect(verification).toMatchObject({ ok: true });
  });
});

describe('the head of a run’s ledger', () => {
  const ledgerFile = (runId: string) => join(opened.directory, 'runs', runId, 'ledger.jsonl');

  it('is in its thread, as it is after the last event, and the kept ledger ends with it', async () => {
    const { head } = await opened.ledger.head(run.runId).then((found) => ({ head: found }));
    expect([run.seq, run.head]).toEqual([head.seq, head.hash]);
    expect(shown(run)).toContain(head.hash);
    const verified = verifyLines(await readFile(ledgerFile(run.runId), 'utf8'), { expectedHead: head });
    expect(verified).toMatchObject({ ok: true });
    expect(verified.ok && verified.events.at(-1)?.type).toBe('run.finished');
  });

  it('is named by the next run on the same target, which says so in its thread and its bundle', async () => {
    const next = await runOnce();
    expect(next.previous).toEqual({ run: run.runId, head: run.head });
    expect(shown(next)).toContain(`goes on from run \`${run.runId}\` on the same target`);
    const directory = join(opened.directory, 'runs', next.runId);
    const verification = await verifyBundle({
      bundleText: await readFile(join(directory, 'evidence.intoto.jsonl'), 'utf8'),
      publicKeys: [loadPublicKey(publicKeyPem(opened.keys.signing))],
      ledger: {
        text: await readFile(ledgerFile(next.runId), 'utf8'),
        verify: verifyLines,
        previous: await readFile(ledgerFile(run.runId), 'utf8'),
      },
    });
    expect(verification.ok && verification.claims.at(-1)).toContain(`goes on from the run ${run.runId}`);
    expect(publicationOf(next)).toMatchObject({
      published: true,
      detail: expect.stringContaining(`${next.runId}, revision 1`),
    });
    expect(base.files.has(`/kb/iu-cutter/v0.6-o8b-retry/${run.runId}/revisions/09-final.r1.md`)).toBe(true);
  });
});

it('a run is not asked for while the knowledge base does not answer: its first gate says so', async () => {
  base.intercept = (request, response) => {
    if (request.method !== 'OPTIONS') return false;
    response.writeHead(503).end();
    return true;
  };
  const { control } = await runOnce();
  expect(control.knowledgeBase).toMatchObject({ readable: false, writable: false });
  expect(control.knowledgeBase.detail).toContain('503');
  base.intercept = () => false;
  const answer = await opened.control.request({
    operation: 'deploy',
    subject: 'o8b-retry',
    dryRun: false,
    requester,
    channel,
  });
  const { runId } = answer.ok ? answer.value : { runId: '' };
  expect(await opened.control.publish(runId, { ...requester, channel })).toMatchObject({
    refusal: { code: 'not-finished' },
  });
  expect(
    (await opened.until(runId, ({ finished }) => finished !== null)).control.knowledgeBase.detail,
  ).toContain('takes the token KB_TOKEN, and PUT');
}, 30_000);
