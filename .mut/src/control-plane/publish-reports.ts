// One publication of a package, when its run ends or when somebody asks for it again. It may fail without changing what the
// run proved: then it says so.
import type { EvidenceStore } from '../evidence/store.ts';
import type { ReportDocument } from '../report/documents.ts';
import { withRevision } from '../report/front-matter.ts';
import type { PublishedDocument, Publisher } from '../report/publisher.ts';
import { withRulings } from '../report/ruling-section.ts';
import type { Answer, Publication } from '../run/control.ts';
import { readFacts } from '../run/facts.ts';
import { factsOf, type RunState } from '../run/state.ts';

type Unpublished = Pick<ReportDocument, 'name' | 'title' | 'markdown'>;

/** Never throws for what a publisher meets; `redact` goes over what is said of it. */
export async function publishReports(
  publisher: Publisher,
  documents: readonly Unpublished[],
  redact: (text: string) => string,
  signal?: AbortSignal,
): Promise<Publication> {
  try {
    const published = await publisher.publish(documents, signal);
    return { published: true, detail: redact(describe(published)), documents: published };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { published: false, detail: redact(said), documents: [] };
  }
}

function describe(published: readonly PublishedDocument[]): string {
  const made = published.filter(({ changed }) => changed);
  const count = `${published.length} document${published.length === 1 ? '' : 's'}`;
  const where = placeOf(published[0]);
  if (made.length === 0) return `${count} in ${where}, all of them there already; nothing was changed`;
  const revisions = [...new Set(made.map(({ revision }) => revision))].sort((a, b) => a - b).join(', ');
  const same = published.length - made.length;
  return `${count} in ${where}, revision ${revisions}${same > 0 ? ` (${same} of them there already)` : ''}`;
}

function placeOf(document: PublishedDocument | undefined): string {
  if (!document) return 'nothing';
  return document.location.slice(0, -document.name.length).replace(/\/$/, '');
}

/**
 * Publishes the package of a finished run again. The documents come from the evidence store, by the digests that the ledger
 * has: what is published is what was signed, whatever has become of files beside it, and the rulings that followed.
 */
export async function publishAgain(
  run: RunState,
  publisher: Publisher,
  evidence: Pick<EvidenceStore, 'get' | 'has'>,
  redact: (text: string) => string,
): Promise<Answer<Publication>> {
  const { documents } = readFacts('report', factsOf(run)['report']);
  if (!documents || documents.length === 0)
    return refuse('no-report', `Run ${run.runId} has no report: its report gate left none.`);
  const found: Unpublished[] = [];
  for (const { name, title, digest } of documents) {
    if (!(await evidence.has(digest)))
      return refuse(
        'evidence-missing',
        `${name} of run ${run.runId} (${digest}) is not in this control plane’s evidence store; bring the store back and try again.`,
      );
    const markdown = withRevision((await evidence.get(digest)).toString('utf8'), 0);
    // The final document comes last.
    const isFinal = found.length === documents.length - 1;
    found.push({ name, title, markdown: isFinal ? withRulings(markdown, run.rulings) : markdown });
  }
  return { ok: true, value: await publishReports(publisher, found, redact) };
}

function refuse(code: string, text: string): Answer<never> {
  return { ok: false, refusal: { code, text } };
}
