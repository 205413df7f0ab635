// Uploads the files of a message into the run's thread, each once.
import { z } from 'zod';
import { findFiles, type Thread } from './find-shown.ts';
import type { Log, Posting, Postings } from './ports.ts';
import type { DesiredFile } from './view/desired-message.ts';

export interface FileShowing extends Thread {
  readonly runId: string;
  readonly postings: Postings;
  /** Bytes by digest; null when the store has none. */
  readonly evidence: (digest: string) => Promise<Uint8Array | null>;
  readonly log: Log;
}

/** Slack shows at most ten files in one message. */
const batch = 10;

/** Uploads what is not there yet, in as few messages as it can. Throws what Slack throws; doing it again is safe. */
export async function showFiles(
  showing: FileShowing,
  files: readonly DesiredFile[],
  known: ReadonlyMap<string, Posting>,
): Promise<void> {
  const missing = files.filter(({ name }) => known.get(keyOf(name))?.state !== 'posted');
  const arrived = missing.some(({ name }) => known.has(keyOf(name)))
    ? await findFiles(showing)
    : new Map<string, string>();
  for (const file of missing) {
    const id = arrived.get(file.name);
    if (id) await record(showing, file, id);
  }
  const absent = missing.filter(({ name }) => !arrived.has(name));
  for (let first = 0; first < absent.length; first += batch)
    await upload(showing, absent.slice(first, first + batch));
}

async function upload(showing: FileShowing, files: readonly DesiredFile[]): Promise<void> {
  const { client, pace, channel, threadTs, runId: run, postings, log } = showing;
  const held = await Promise.all(
    files.map(async (file) => ({
      file,
      bytes: file.text === undefined ? await showing.evidence(file.digest) : Buffer.from(file.text),
    })),
  );
  const found = held.flatMap(({ file, bytes }) => (bytes ? [{ file, bytes }] : []));
  for (const { file, bytes } of held) {
    if (!bytes)
      log.warn(
        { runId: run, file: file.name, digest: file.digest },
        'a file of the thread is not in the evidence store',
      );
  }
  const [first, ...rest] = found.map(({ file, bytes }) => ({
    file: Buffer.from(bytes),
    filename: file.name,
    title: file.title,
  }));
  if (!first || threadTs === null) return;
  for (const { file } of found) await postings.begin({ run, key: keyOf(file.name), channel });
  const answer = await pace.call(() =>
    client.filesUploadV2({ channel_id: channel, thread_ts: threadTs, file_uploads: [first, ...rest] }),
  );
  const ids = uploadedSchema.parse(answer).files.flatMap((each) => each.files.map(({ id }) => id));
  for (const [index, { file }] of found.entries())
    await record(showing, file, ids[index] ?? `${run}/${file.name}`);
}

const uploadedSchema = z.object({
  files: z.array(z.object({ files: z.array(z.object({ id: z.string() })).default([]) })),
});

async function record(
  { postings, runId: run }: FileShowing,
  { name, digest }: DesiredFile,
  id: string,
): Promise<void> {
  await postings.posted({ run, key: keyOf(name), ts: id, digest });
}

function keyOf(name: string): string {
  return `file-${name}`;
}
