// Publishes to a knowledge base over HTTP: PUT below a URL, with a bearer token. The layout is that of a directory publisher:
// `NAME.md` is current, `revisions/NAME.rN.md` keeps every revision.
import type { Secret } from '../evidence/secret.ts';
import { documentDigest, revisionOf, withRevision } from './front-matter.ts';
import { openHttpPlace, type PublishHttpPlace } from './publish-http-place.ts';
import { PublishError, type PublishedDocument, type Publisher } from './publisher.ts';
import { archiveFolder, revisionFile, stemOf } from './revision-names.ts';
import { apartFromOthers, fixedFolder, namedFolder } from './run-folder.ts';

export interface HttpPlace {
  /** Without a trailing slash. */
  readonly url: string;
  /** May hold `{run}`. */
  readonly folder: string;
  /** The bearer token and its name in the configuration; undefined when the configuration has none of that name. */
  readonly token: { readonly name: string; readonly secret: Secret | undefined };
  /** ms for one request; 30,000 without it. */
  readonly timeoutMs?: number;
}

/** More writers of one document than this at once do not happen; beyond it something else is wrong. */
const maxRaces = 20;

export function createHttpPublisher(place: HttpPlace): Publisher {
  return {
    async publish(documents, signal) {
      const named = documents.map((document) => ({ ...document, stem: stemOf(document.name) }));
      const http = await openApart(place, documents, signal);
      const published: PublishedDocument[] = [];
      for (const { name, title, stem, markdown } of named) {
        const kept = await bringUp(http, name, stem, markdown);
        published.push({
          name,
          title,
          ...kept,
          digest: documentDigest(markdown),
          location: http.urlOf(name),
        });
      }
      return published;
    },

    async examine(signal) {
      try {
        return await openHttpPlace({ ...place, folder: fixedFolder(place.folder) }, signal).examine();
      } catch (error) {
        if (!(error instanceof PublishError)) throw error;
        return { readable: false, writable: false, detail: error.message };
      }
    },
  };
}

/** A server lists nothing, so what stands there under the names of these documents tells whose folder it is. */
async function openApart(
  place: HttpPlace,
  documents: readonly { readonly name: string; readonly markdown: string }[],
  signal: AbortSignal | undefined,
): Promise<PublishHttpPlace> {
  const folder = namedFolder(place.folder, documents);
  const http = openHttpPlace({ ...place, folder }, signal);
  const current: string[] = [];
  for (const { name } of documents) {
    const found = await http.get(name);
    if (found) current.push(found.text);
  }
  const apart = apartFromOthers(folder, documents, current);
  return apart === folder ? http : openHttpPlace({ ...place, folder: apart }, signal);
}

/**
 * Reads what is current, keeps the next revision when it differs, then makes it current on condition that nobody else has
 * since. A crash between the two writes leaves a revision ahead of the current document; the next call takes it up.
 */
async function bringUp(
  http: PublishHttpPlace,
  name: string,
  stem: string,
  markdown: string,
): Promise<{ revision: number; changed: boolean }> {
  let changed = false;
  for (let race = 0; race < maxRaces; race += 1) {
    const current = await http.get(name);
    const latest = current === null ? 0 : revisionOf(current.text);
    const isSame = current !== null && current.text === withRevision(markdown, latest);
    const revision = isSame ? latest : latest + 1;
    const text = withRevision(markdown, revision);
    const found = await keep(http, `${archiveFolder}/${revisionFile(stem, revision)}`, text);
    changed ||= found === 'made' && !isSame;
    if (isSame) return { revision, changed };
    if (found === 'other') {
      // Of a writer that is between its two writes, or died there: what it kept becomes current, and we go on from it.
      await http.put(name, await mustGet(http, `${archiveFolder}/${revisionFile(stem, revision)}`), current);
      continue;
    }
    if (await http.put(name, text, current)) {
      await mustStand(http, name, text, revision);
      return { revision, changed };
    }
  }
  throw new PublishError(
    'contended',
    `expected to put ${http.urlOf(name)}, but another writer was faster ${maxRaces} times; publish again`,
  );
}

/** A revision that exists is never written again, also where a server does not know preconditions. */
async function keep(http: PublishHttpPlace, file: string, text: string): Promise<'made' | 'same' | 'other'> {
  for (const last of [false, true]) {
    const found = await http.get(file);
    if (found !== null) return found.text === text ? 'same' : 'other';
    if (last) break;
    if (await http.put(file, text, null)) {
      await mustStand(http, file, text);
      return 'made';
    }
  }
  throw new PublishError(
    'unwritable',
    `expected ${http.urlOf(file)} to be made or to be there, got neither; mend it and publish again`,
  );
}

/** A server that said yes and kept nothing, or another text, has published nothing. A later revision of somebody else may stand. */
async function mustStand(
  http: PublishHttpPlace,
  file: string,
  text: string,
  revision = Number.POSITIVE_INFINITY,
): Promise<void> {
  const found = await http.get(file);
  if (found?.text === text || (found !== null && revisionOf(found.text) > revision)) return;
  throw new PublishError(
    'unwritable',
    `expected ${http.urlOf(file)} to be what was put there, got ${found === null ? 'nothing' : 'another text'}, although the server took it; mend it and publish again`,
  );
}

async function mustGet(http: PublishHttpPlace, file: string): Promise<string> {
  const found = await http.get(file);
  if (found === null)
    throw new PublishError(
      'unreachable',
      `expected ${http.urlOf(file)}, which was there a moment ago, got nothing`,
    );
  return found.text;
}
