// The report gate's tools: documents rendered and published, the bundle signed, everything kept beside the run.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBundle } from '../attestation/bundle.ts';
import type { SigningKeys } from '../attestation/keys.ts';
import { publicKeyPem } from '../attestation/keys.ts';
import { bundleName } from '../attestation/ruling-statement.ts';
import type { TimestampAuthority } from '../config/read-timestamp-authority.ts';
import { sha256Hex } from '../evidence/digest.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { type ControlTools, GateStop } from '../gate/context.ts';
import type { GateJob } from '../gate/job.ts';
import type { Recorder } from '../gate/recorder.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Plan } from '../plan/schema.ts';
import { keyOf } from '../plan/schema-gates.ts';
import { reportGate } from '../report/conclude-run.ts';
import { renderDocuments } from '../report/documents.ts';
import { withRevision } from '../report/front-matter.ts';
import type { Publisher } from '../report/publisher.ts';
import { parseRunEvent } from '../run/events.ts';
import type { ReportFacts } from '../run/facts.ts';
import { foldRun, type RunState } from '../run/state.ts';
import { anchorBeforeSigning, keepStamp, stampFile } from './anchor-heads.ts';
import { publishReports } from './publish-reports.ts';

export interface ReportParts {
  readonly ledger: Ledger;
  readonly evidence: EvidenceStore;
  readonly keys: SigningKeys;
  /** Directory in which each run's package is kept: bundle, signature, ledger, key, documents. */
  readonly packages: string;
  readonly openPublisher: (reports: Plan['reports']) => Publisher;
  readonly redact: (text: string) => string;
  readonly now: () => Date;
  /** Who stamps the head before it is signed over; null for nobody. */
  readonly timestampAuthority: TimestampAuthority | null;
}

export function reportTools(parts: ReportParts): (job: GateJob) => ControlTools {
  return (job) => ({
    report: (record) => makePackage(parts, job, record),
    run: async () => foldRun(job.run, (await parts.ledger.read(job.run)).map(parseRunEvent)),
  });
}

/**
 * Whoever can write to the queue can keep a genuine job, and have it taken when the run has ended otherwise: what is signed then
 * would contradict the ledger. Throws GateStop `blocked` `not-asked`.
 */
function requireAsked({ gates, runId }: RunState, { gate, attempt }: GateJob): void {
  const asked = gates.find((each) => keyOf(each.gate) === gate);
  if (asked?.status === 'queued' && asked.attempt === attempt) return;
  throw new GateStop(
    'blocked',
    'not-asked',
    `The ledger of ${runId} does not wait for this report: expected attempt ${attempt} of it to be queued, got ${asked ? `attempt ${asked.attempt}, ${asked.status}` : 'no such gate'}. Nothing was signed.`,
  );
}

async function makePackage(parts: ReportParts, job: GateJob, record: Recorder): Promise<ReportFacts> {
  const { ledger, evidence, keys, now } = parts;
  const ledgerText = await ledger.exportLines(job.run);
  const rows = await ledger.read(job.run);
  const head = rows.at(-1);
  if (!head) throw new RangeError(`expected a ledger of run ${job.run}, got none`);
  const run = foldRun(job.run, rows.map(parseRunEvent));
  requireAsked(run, job);
  const directory = join(parts.packages, job.run);
  await mkdir(join(directory, 'reports'), { recursive: true, mode: 0o700 });

  const { timestampAuthority: authority } = parts;
  const stamped = authority && (await anchorBeforeSigning(authority, head.hash));
  const anchored = stamped?.anchored;
  if (stamped?.der) await keepStamp(directory, head.seq, stamped.der);
  const documents = renderDocuments(run, {
    ledgerHead: { seq: head.seq, hash: head.hash },
    anchored,
    keyId: keys.signing.keyId,
  });
  const { documents: published, ...publication } = await publishReports(
    parts.openPublisher(job.plan.reports),
    documents,
    parts.redact,
  );
  record.keep(
    'publication',
    publication.published ? publication.detail : `not published: ${publication.detail}`,
  );
  const listed: ReportFacts['documents'] = [];
  for (const { name, title, markdown } of documents) {
    const revision = published.find((each) => each.name === name)?.revision ?? 0;
    // Revision 0 is what is signed; people get the text that stands in the knowledge base.
    const text = withRevision(markdown, revision);
    await writeFile(join(directory, 'reports', name), text);
    const { digest } = await evidence.put(text);
    listed.push({ name, title, digest, revision });
  }
  // A clock that was set back must not date the signature before the head that it is over.
  const at = new Date(Math.max(now().getTime(), Date.parse(head.at)));
  const bundle = buildBundle(run, { ledgerHead: head.hash, documents, anchored, keys, now: at });
  const names = { bundle: bundleName, ledger: 'ledger.jsonl', key: 'interlock.pub.pem' };
  const keep = async (name: string, text: string) => {
    await writeFile(join(directory, name), text);
    const { digest } = await evidence.put(text);
    return { name, digest };
  };
  await keep(names.bundle, bundle.text);
  const files = [
    await keep(names.key, publicKeyPem(keys.signing)),
    await keep(names.ledger, ledgerText),
    await keep(`${names.bundle}.sig`, bundle.sshsig),
    await keep('allowed_signers', `${bundle.allowedSigners}\n`),
    ...(stamped?.der
      ? [{ name: stampFile(head.seq), digest: (await evidence.put(stamped.der)).digest }]
      : []),
  ];

  record.check('documents', 'a document for each gate label, and the final one', documents.length > 0, {
    actual: `${documents.length} documents`,
  });
  record.check('bundle', 'the evidence bundle is signed', true, {
    actual: `sha256:${sha256Hex(bundle.text)}, key ${keys.signing.keyId}`,
  });
  if (anchored)
    record.keep(
      'anchored',
      anchored.at ?? `no time was anchored outside: ${anchored.authority}: ${anchored.reason}`,
    );
  const concluded = reportGate(run);
  record.check(
    'claims',
    'no claim of the plan is contradicted by a run that passed',
    concluded.status === 'pass',
    { actual: concluded.reason?.text ?? 'none is' },
  );
  return {
    documents: listed,
    publication,
    bundle: { name: names.bundle, digest: bundle.digest },
    files,
    ledgerHead: head.hash,
    keyId: keys.signing.keyId,
    ...(anchored && { anchored }),
    verifyCommand: `npm run -s interlock -- verify ${names.bundle} --key ${names.key} --ledger ${names.ledger}`,
  };
}
