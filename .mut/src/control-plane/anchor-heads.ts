// The heads of a run's ledger, stamped by somebody else: at the signing, at the end, and after each ruling. An authority that is away
// loses no run: it is said that no time was anchored, and asked again a few times.
import { access, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Anchored } from '../attestation/deployment-predicate.ts';
import type { TimestampAuthority } from '../config/read-timestamp-authority.ts';
import type { LedgerEvent } from '../ledger/event.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readFacts } from '../run/facts.ts';
import { factsOf, type RunState } from '../run/state.ts';
import { requestTimestamp } from './request-timestamp.ts';

/** ms to wait before each further attempt, while the report gate is at it. */
const waitsAtSigning = [500, 1_500];
/** ms to wait before each further attempt, once the run has ended. After the last, the next start of the control plane. */
const waitsAfterwards = [60_000, 300_000, 1_800_000, 7_200_000, 21_600_000];

/** Of one head: the file `head-SEQ.tsr` beside the bundle holds the answer (TimeStampResp, DER). */
export const stampFile = (seq: number) => `head-${seq}.tsr`;

/** Asks for a stamp of the head that is about to be signed over. Never throws for what the authority does. */
export async function anchorBeforeSigning(
  authority: TimestampAuthority,
  head: string,
  waits: readonly number[] = waitsAtSigning,
): Promise<{ readonly anchored: Anchored; readonly der: Buffer | null }> {
  let answer = await requestTimestamp(authority, head);
  for (const ms of waits) {
    if (answer.ok) break;
    await delay(ms);
    answer = await requestTimestamp(authority, head);
  }
  const { url } = authority;
  return answer.ok
    ? { anchored: { authority: url, at: answer.stamp.at.toISOString(), reason: null }, der: answer.der }
    : { anchored: { authority: url, at: null, reason: answer.reason }, der: null };
}

export interface AnchorParts {
  readonly authority: TimestampAuthority | null;
  readonly ledger: Pick<Ledger, 'read'>;
  /** Directory of the runs' packages. */
  readonly packages: string;
  readonly log: { warn(details: object, message: string): void };
  readonly waits?: readonly number[];
}

export interface HeadAnchors {
  /** Sees to it that the heads of a finished run are stamped. Returns at once. */
  keep(run: RunState): void;
  /** Resolves once nothing is under way; what waits for another attempt is given up. */
  stop(): Promise<void>;
}

/** Idempotent: what is stamped is not stamped again, and a run that is being seen to is not begun twice. */
export function createHeadAnchors(parts: AnchorParts): HeadAnchors {
  const stopped = new AbortController();
  const underWay = new Map<string, { readonly seq: number; next: Wanted | null; done: Promise<void> }>();
  const { authority, waits = waitsAfterwards } = parts;

  async function see(wanted: Wanted, target: TimestampAuthority): Promise<void> {
    const { runId } = wanted;
    for (const ms of [...waits, null]) {
      const missing = await stampMissing(wanted, target, parts, stopped.signal);
      if (missing === null || stopped.signal.aborted) return;
      const next = ms === null ? 'at the next start' : `in ${Math.round(ms / 60_000)} min`;
      parts.log.warn(
        { runId, reason: missing },
        `no time was anchored outside for every head of this run; trying again ${next}`,
      );
      if (ms === null) return;
      await delay(ms, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
      if (stopped.signal.aborted) return;
    }
  }

  function begin(wanted: Wanted, target: TimestampAuthority): void {
    const { runId, seq } = wanted;
    const entry = { seq, next: null as Wanted | null, done: Promise.resolve() };
    underWay.set(runId, entry);
    entry.done = see(wanted, target)
      .catch((error: unknown) =>
        parts.log.warn({ runId, error: String(error) }, 'the heads of this run were not anchored outside'),
      )
      .then(() => {
        underWay.delete(runId);
        if (entry.next && !stopped.signal.aborted) begin(entry.next, target);
      });
  }

  return {
    keep(run) {
      const { runId, finished, seq } = run;
      const { ledgerHead: signedHead } = readFacts('report', factsOf(run)['report']);
      // A run that was not signed has no package.
      if (authority === null || !finished || signedHead === undefined || stopped.signal.aborted) return;
      const [entry, wanted] = [underWay.get(runId), { runId, signedHead, seq }];
      if (!entry) begin(wanted, authority);
      // A ruling came while the heads before it were seen to.
      else if (seq > entry.seq) entry.next = wanted;
    },
    async stop() {
      stopped.abort();
      await Promise.all([...underWay.values()].map(({ done }) => done));
    },
  };
}

interface Wanted {
  readonly runId: string;
  /** The head over which its bundle was signed. */
  readonly signedHead: string;
  /** Number of the ledger's last event. */
  readonly seq: number;
}

/** Stamps what is not stamped yet; resolves with why something is missing still, or null. */
async function stampMissing(
  { runId, signedHead }: Wanted,
  authority: TimestampAuthority,
  { ledger, packages }: AnchorParts,
  signal: AbortSignal,
): Promise<string | null> {
  const directory = join(packages, runId);
  const isKept = await access(directory).then(
    () => true,
    () => false,
  );
  if (!isKept) return null;
  const there = new Set(await readdir(directory));
  let missing: string | null = null;
  for (const { seq, hash } of headsToStamp(await ledger.read(runId), signedHead)) {
    if (there.has(stampFile(seq))) continue;
    const answer = await requestTimestamp(authority, hash, signal);
    if (answer.ok) await keepStamp(directory, seq, answer.der);
    else missing = answer.reason;
  }
  return missing;
}

/** That of the signing, for when it was not stamped then; that of the end; and that of each ruling. */
function headsToStamp(events: readonly LedgerEvent[], signedHead: string): LedgerEvent[] {
  return events.filter(
    ({ type, hash }) => hash === signedHead || type === 'run.finished' || type === 'run.ruled',
  );
}

/** The file is whole whenever it is there. */
export async function keepStamp(directory: string, seq: number, der: Uint8Array): Promise<void> {
  const file = join(directory, stampFile(seq));
  await writeFile(`${file}.part`, der);
  await rename(`${file}.part`, file);
}
