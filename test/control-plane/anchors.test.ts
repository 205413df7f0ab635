// A time stamp authority beside real parts (ledger, queue, control plane's worker): away while a run is signed, back later, and there.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPublicKey, publicKeyPem } from '../../src/attestation/keys.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { readFacts } from '../../src/run/facts.ts';
import { factsOf, type RunState } from '../../src/run/state.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../fixtures/timestamp-authority.ts';

let tsa: TimestampAuthority;
let opened: LoopbackRun;
const tried = { count: 0 };
const warned: string[] = [];

beforeAll(async () => {
  tsa = await startTimestampAuthority();
  opened = await openLoopbackRun({
    // Blocked at its first gate: the shortest run with a report.
    machine: 'contabo',
    database: 'none',
    log: { info: () => undefined, error: () => undefined, warn: (_, message) => void warned.push(message) },
    timestampAuthority: { url: tsa.url, trusted: tsa.trusted, waits: [20, 20] },
  });
});
afterAll(async () => {
  await opened?.close();
  await tsa?.[Symbol.asyncDispose]();
});

async function runOnce(): Promise<RunState> {
  const runId = await opened.deploy();
  await opened.until(runId, ({ finished }) => finished !== null);
  await opened.coordinator.advance(runId);
  const run = await opened.control.run(runId);
  if (!run) throw new RangeError(`expected run ${runId}`);
  return run;
}

const directory = ({ runId }: RunState) => join(opened.directory, 'runs', runId);
const stampsOf = async (run: RunState) =>
  (await readdir(directory(run))).filter((name) => name.startsWith('head-') && name.endsWith('.tsr')).sort();
const anchoredOf = (run: RunState) => readFacts('report', factsOf(run)['report']).anchored;

async function verified(run: RunState): Promise<string> {
  const read = (name: string) => readFile(join(directory(run), name));
  const verification = await verifyBundle({
    bundleText: String(await read('evidence.intoto.jsonl')),
    publicKeys: [loadPublicKey(publicKeyPem(opened.keys.signing))],
    ledger: { text: String(await read('ledger.jsonl')), verify: verifyLines },
    reportDir: join(directory(run), 'reports'),
    anchors: {
      trusted: tsa.trusted,
      timestamps: await Promise.all(
        (await stampsOf(run)).map(async (name) => ({ name, der: await read(name) })),
      ),
    },
  });
  return verification.ok ? [...verification.claims, ...verification.notes].join('\n') : verification.claim;
}

/** Resolves once as many stamps are kept. */
async function untilStamped(run: RunState, count: number): Promise<string[]> {
  for (;;) {
    const stamps = await stampsOf(run);
    if (stamps.length >= count) return stamps;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a time stamp authority', () => {
  let away: RunState;

  it('that is away loses no run: report, thread and bundle say that no time was anchored', async () => {
    tsa.intercept = (_, response) => {
      tried.count += 1;
      response.writeHead(503).end();
    };
    away = await runOnce();
    expect(away.finished).toMatchObject({ verdict: 'BLOCKED', reason: { code: 'wrong-machine' } });
    const said = { authority: tsa.url, at: null, reason: 'it answered with status 503' };
    expect(anchoredOf(away)).toEqual(said);
    const final = await readFile(join(directory(away), 'reports', '09-final.md'), 'utf8');
    expect(final).toContain(`anchored outside: **no**; \`${tsa.url}\` gave no time`);
    expect(JSON.stringify(messagesOf(away).at(-1))).toContain('No time was anchored outside');
    expect(await verified(away)).toContain('expected a time stamp');
  });

  it('is asked again a bounded number of times, and no more', async () => {
    const isGivenUp = () => warned.some((message) => message.includes('trying again at the next start'));
    while (!isGivenUp()) await new Promise((resolve) => setTimeout(resolve, 20));
    // Three times before the signing; then three rounds over the two heads of the run.
    expect(tried.count).toBe(9);
    expect(await stampsOf(away)).toEqual([]);
    tsa.intercept = null;
  });

  it('that is back stamps the heads once the run is looked at again, as after a start; the gap stays said', async () => {
    await opened.coordinator.advance(away.runId);
    const head = away.seq;
    expect(await untilStamped(away, 2)).toContain(`head-${head}.tsr`);
    const claims = await verified(away);
    expect(claims).toContain('no time was anchored outside when it was signed');
    expect(claims).toContain(`head-${head}.tsr: event ${head} and all before it existed by`);
  });

  it('that is there is in the bundle, with the stamp beside it and among the files of the thread', async () => {
    const run = await runOnce();
    const anchored = anchoredOf(run);
    expect(anchored).toMatchObject({ authority: tsa.url, reason: null });
    const stamps = await untilStamped(run, 2);
    const { files = [] } = readFacts('report', factsOf(run)['report']);
    expect(files.map(({ name }) => name)).toContain(stamps.find((name) => name !== `head-${run.seq}.tsr`));
    const claims = await verified(run);
    expect(claims).toContain(`${tsa.url} had stamped the ledger’s head at ${anchored?.at}`);
    const answered = tsa.answered();
    await opened.coordinator.advance(run.runId);
    expect(tsa.answered()).toBe(answered);
  });
});
