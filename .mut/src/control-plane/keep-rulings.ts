// What follows a ruling: the final document with it, published as its next revision, and a signed statement of it, kept beside
// the bundle. Each is made once; whoever comes again after a crash goes on where it was left.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { SigningKey } from '../attestation/keys.ts';
import { signRuling } from '../attestation/ruling-statement.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { documentDigest, withRevision } from '../report/front-matter.ts';
import { type KeptRuling, keptRulingSchema } from '../report/kept-ruling.ts';
import { archiveFolder, revisionFile, stemOf } from '../report/revision-names.ts';
import { withRulings } from '../report/ruling-section.ts';
import type { Answer, Publication } from '../run/control.ts';
import { type ReportFacts, readFacts } from '../run/facts.ts';
import { factsOf, type RunState } from '../run/state.ts';

export interface RulingParts {
  readonly ledger: Pick<Ledger, 'exportLines'>;
  readonly evidence: EvidenceStore;
  readonly key: SigningKey;
  readonly packages: string;
  /** Publishes the package as it is with these rulings. */
  readonly publish: (run: RunState) => Promise<Answer<Publication>>;
}

const indexFile = 'rulings.json';

/** The rulings of a run that have been kept, the oldest first. */
export async function keptRulings(packages: string, runId: string): Promise<KeptRuling[]> {
  const text = await readOr(join(packages, runId, indexFile), '[]');
  return z.array(keptRulingSchema).parse(JSON.parse(text));
}

/** Idempotent. Does nothing for a run without rulings, or whose package is not here. */
export async function keepRulings(run: RunState, parts: RulingParts): Promise<void> {
  const { documents, bundle } = readFacts('report', factsOf(run)['report']);
  const final = documents?.at(-1);
  if (run.rulings.length === 0 || !bundle || !final) return;
  const kept = await keptRulings(parts.packages, run.runId);
  for (let number = kept.length + 1; number <= run.rulings.length; number += 1) {
    const then = { ...run, rulings: run.rulings.slice(0, number) };
    kept.push(await keepRuling(then, { final, bundle }, parts));
    await writeWhole(join(parts.packages, run.runId, indexFile), JSON.stringify(kept));
  }
}

type Signed = { final: ReportFacts['documents'][number]; bundle: ReportFacts['bundle'] };

/** Keeps the last ruling of this run. */
async function keepRuling(run: RunState, { final, bundle }: Signed, parts: RulingParts): Promise<KeptRuling> {
  const { evidence, packages, ledger } = parts;
  const number = run.rulings.length;
  const directory = join(packages, run.runId);
  const keep = async (name: string, text: string) => {
    await writeWhole(join(directory, name), text);
    return { name, digest: (await evidence.put(text)).digest };
  };
  const signed = (await evidence.get(final.digest)).toString('utf8');
  const revised = withRulings(withRevision(signed, 0), run.rulings);
  const name = `ruling-${number}.intoto.json`;
  const found = await readOr(join(directory, name), '');
  const statement = await keep(
    name,
    found || sign(run, documentDigest(revised), { final, bundle }, parts.key),
  );
  const lines = (await ledger.exportLines(run.runId)).split('\n').slice(0, run.rulings.at(-1)?.seq);
  const upTo = await keep(`ledger-ruling-${number}.jsonl`, `${lines.join('\n')}\n`);
  const publication = await publish(run, parts);
  const revision = publication.documents.find((each) => each.name === final.name)?.revision ?? 0;
  // All of them stay there, from the one that was signed at the end on, for `interlock verify --report`.
  const archive = (as: number) => join('reports', archiveFolder, revisionFile(stemOf(final.name), as));
  await keep(archive(final.revision || 1), signed);
  await keep(archive(revision || final.revision + number + 1), withRevision(revised, revision));
  const document = await keep(join('reports', final.name), withRevision(revised, revision));
  return {
    number,
    statement,
    ledger: upTo,
    document: { name: final.name, digest: document.digest, revision },
    publication: { published: publication.published, detail: publication.detail || 'nothing was said of it' },
  };
}

function sign(run: RunState, digest: string, { final, bundle }: Signed, key: SigningKey): string {
  const ruling = run.rulings.at(-1);
  if (!ruling?.head) throw new RangeError(`expected a ruling of ${run.runId} from its ledger, got none`);
  const { at, seq, head, ...said } = ruling;
  return signRuling(
    {
      run: run.runId,
      number: run.rulings.length,
      ...said,
      ruledAt: at,
      ledger: { seq, head },
      document: { name: final.name, digest },
    },
    bundle,
    key,
  );
}

async function publish(run: RunState, parts: RulingParts): Promise<Publication> {
  const answer = await parts.publish(run);
  return answer.ok ? answer.value : { published: false, detail: answer.refusal.text, documents: [] };
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

async function readOr(path: string, otherwise: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return otherwise;
    throw error;
  });
}
