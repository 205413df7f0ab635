// Uploads the files of a message into the run's thread, each once. What Slack does not take is left out, and nothing waits for it.
import { z } from 'zod';
import type { Attempts } from './attempts.ts';
import { classifyRefusal, type Refusal } from './classify-refusal.ts';
import { findFiles, type Thread } from './find-shown.ts';
import { mostTries } from './give-up.ts';
import type { Log, Posting, Postings } from './ports.ts';
import type { DesiredFile } from './view/desired-message.ts';

export interface FileShowing extends Thread {
  readonly runId: string;
  readonly postings: Postings;
  /** Bytes by digest; null when the store has none. */
  readonly evidence: (digest: string) => Promise<Uint8Array | null>;
  readonly attempts: Attempts;
  readonly log: Log;
}

export interface RefusedFile {
  readonly file: DesiredFile;
  /** Slack's code. */
  readonly refusal: string;
}

export interface FilesShown {
  /** Files that Slack does not take. They are not settled yet: the caller says so in the thread first. */
  readonly refused: readonly RefusedFile[];
  /** When the rest is tried again, ms since the epoch; null when nothing is left. */
  readonly again: number | null;
  /** Slack takes no files just now, whichever. */
  readonly stop: boolean;
}

interface Held {
  readonly file: DesiredFile;
  readonly bytes: Uint8Array;
}

/** Slack shows at most ten files in one message; the completion of more than fourteen is an internal error. */
const batch = 10;

export function keyOfFile({ name }: DesiredFile): string {
  return `file-${name}`;
}

/** Whether it is neither there nor settled, as far as the table knows. */
export function isOpenFile(file: DesiredFile, known: ReadonlyMap<string, Posting>): boolean {
  return (known.get(keyOfFile(file))?.state ?? 'pending') === 'pending';
}

/** Uploads open files, in as few messages as it can. Throws what is no answer of Slack's; doing it again is safe. */
export async function showFiles(
  showing: FileShowing,
  files: readonly DesiredFile[],
  known: ReadonlyMap<string, Posting>,
): Promise<FilesShown> {
  const { attempts, threadTs } = showing;
  const due = files.filter((file) => attempts.dueAt(keyOfFile(file)) <= Date.now());
  const refused: RefusedFile[] = [];
  let stop = false;
  if (due.length > 0 && threadTs !== null) {
    const missing = await withoutArrived(showing, due, known);
    const held = missing === null ? [] : await holdBytes(showing, missing);
    for (let first = 0; first < held.length && !stop; first += batch) {
      const answer = await uploadSome(showing, held.slice(first, first + batch));
      refused.push(...answer.refused);
      stop = answer.stop;
    }
  }
  const settled = new Set(refused.map(({ file }) => keyOfFile(file)));
  const times = files
    .map((file) => keyOfFile(file))
    .filter((key) => !settled.has(key) && attempts.count(key) > 0)
    .map((key) => attempts.dueAt(key));
  return { refused, again: times.length === 0 ? null : Math.min(...times), stop };
}

/** Uploads together; where that is refused, one by one, since one file may spoil it for all. */
async function uploadSome(
  showing: FileShowing,
  held: readonly Held[],
): Promise<{ refused: RefusedFile[]; stop: boolean }> {
  const refusal = await upload(showing, held);
  if (refusal === null) return { refused: [], stop: false };
  const isForEach = refusal.kind === 'refused' || refusal.code === 'internal_error';
  if (held.length > 1 && isForEach) {
    const refused: RefusedFile[] = [];
    for (const [index, one] of held.entries()) {
      const answer = await uploadSome(showing, [one]);
      refused.push(...answer.refused);
      if (!answer.stop) continue;
      for (const { file } of held.slice(index + 1)) refused.push(...tried(showing, file, refusal));
      return { refused, stop: true };
    }
    return { refused, stop: false };
  }
  return {
    refused: held.flatMap(({ file }) => tried(showing, file, refusal)),
    stop: refusal.kind !== 'refused' && refusal.code !== 'internal_error',
  };
}

/** Counts the try; the file itself once it was the last one. */
function tried({ attempts, log, runId }: FileShowing, file: DesiredFile, refusal: Refusal): RefusedFile[] {
  const key = keyOfFile(file);
  const { code, kind, waitMs } = refusal;
  attempts.failed(key, waitMs);
  const isLast = kind === 'refused' || attempts.count(key) >= mostTries;
  log.warn(
    { runId, file: file.name, refusal: code, tries: attempts.count(key) },
    isLast ? 'Slack does not take a file' : 'Slack did not take a file; trying again',
  );
  return isLast ? [{ file, refusal: code }] : [];
}

/** Records what is there already, and gives the rest; null while Slack does not say what is there. */
async function withoutArrived(
  showing: FileShowing,
  files: readonly DesiredFile[],
  known: ReadonlyMap<string, Posting>,
): Promise<readonly DesiredFile[] | null> {
  if (!files.some((file) => known.has(keyOfFile(file)))) return files;
  try {
    const arrived = await findFiles(showing);
    for (const file of files) {
      const id = arrived.get(file.name);
      if (id) await record(showing, file, id);
    }
    return files.filter(({ name }) => !arrived.has(name));
  } catch (error) {
    const refusal = classifyRefusal(error);
    if (refusal === null) throw error;
    // Without a look they might be there twice, so nothing is uploaded.
    for (const file of files) showing.attempts.failed(keyOfFile(file), refusal.waitMs);
    return null;
  }
}

async function holdBytes(
  { evidence, runId, log }: FileShowing,
  files: readonly DesiredFile[],
): Promise<Held[]> {
  const held: Held[] = [];
  for (const file of files) {
    const bytes = file.text === undefined ? await evidence(file.digest) : Buffer.from(file.text);
    if (bytes) held.push({ file, bytes });
    else
      log.warn(
        { runId, file: file.name, digest: file.digest },
        'a file of the thread is not in the evidence store',
      );
  }
  return held;
}

/** Null when all arrived, else Slack's refusal. */
async function upload(showing: FileShowing, held: readonly Held[]): Promise<Refusal | null> {
  const { client, pace, channel, threadTs, runId: run, postings } = showing;
  const [first, ...rest] = held.map(({ file, bytes }) => ({
    file: Buffer.from(bytes),
    filename: file.name,
    title: file.title,
  }));
  if (!first || threadTs === null) return null;
  for (const { file } of held) await postings.begin({ run, key: keyOfFile(file), channel });
  let answer: unknown;
  try {
    answer = await pace.once('files', () =>
      client.filesUploadV2({ channel_id: channel, thread_ts: threadTs, file_uploads: [first, ...rest] }),
    );
  } catch (error) {
    // The library says in an error of no class of its own that the place for the bytes did not take them.
    return classifyRefusal(error) ?? { kind: 'unanswered', code: 'upload_failed' };
  }
  const ids = uploadedSchema.safeParse(answer).data?.files.flatMap((each) => each.files.map(({ id }) => id));
  for (const [index, { file }] of held.entries())
    await record(showing, file, ids?.[index] ?? `${run}/${file.name}`);
  return null;
}

const uploadedSchema = z.object({
  files: z.array(z.object({ files: z.array(z.object({ id: z.string() })).default([]) })),
});

async function record(
  { postings, runId: run, attempts }: FileShowing,
  file: DesiredFile,
  id: string,
): Promise<void> {
  const key = keyOfFile(file);
  await postings.posted({ run, key, ts: id, digest: file.digest });
  attempts.forget(key);
}
