// The head of a document, and its identity: the revision belongs to the place of publication, not to the content.
import { createHash } from 'node:crypto';

export interface FrontMatter {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly run: string;
  /** YYYY-MM-DD, UTC. */
  readonly date: string;
}

const revisionLine = /^revision: \d+$/m;
const wordsPerMinute = 200;

/** A document with its head; its revision is 0 until it is published. Values are JSON, which YAML 1.2 includes. */
export function withFrontMatter({ id, title, tags, run, date }: FrontMatter, body: string): string {
  const minutes = Math.max(1, Math.round(body.split(/\s+/).length / wordsPerMinute));
  const head = [
    `id: ${JSON.stringify(id)}`,
    `title: ${JSON.stringify(title)}`,
    'revision: 0',
    `tags: ${JSON.stringify(tags)}`,
    `run: ${JSON.stringify(run)}`,
    `date: ${JSON.stringify(date)}`,
    `readingTime: ${JSON.stringify(`${minutes} min`)}`,
  ];
  return `---\n${head.join('\n')}\n---\n\n${body.trim()}\n`;
}

/** The document as the given revision. */
export function withRevision(markdown: string, revision: number): string {
  return markdown.replace(revisionLine, `revision: ${revision}`);
}

/** The revision that a document says it is; 0 when it says none. */
export function revisionOf(markdown: string): number {
  return revisionSaid(markdown) ?? 0;
}

/** The revision that a document says it is; null when it says none, as a page that is none of ours. */
export function revisionSaid(markdown: string): number | null {
  const [, digits] = /^revision: (\d{1,9})$/m.exec(markdown) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** The run that a document says it is of; null when it says none, as a page that is none of ours. */
export function runOf(markdown: string): string | null {
  const [, head = ''] = /^---\n([\s\S]*?)\n---\n/.exec(markdown) ?? [];
  return /^run: "([A-Za-z0-9][A-Za-z0-9._-]*)"$/m.exec(head)?.[1] ?? null;
}

/** sha256 over the document as revision 0: the same wherever and as often as it is published. */
export function documentDigest(markdown: string): string {
  return `sha256:${createHash('sha256').update(withRevision(markdown, 0)).digest('hex')}`;
}
