import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/evidence/secret.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { documentDigest } from '../../src/report/front-matter.ts';
import { createHttpPublisher, type HttpPlace } from '../../src/report/publish-http.ts';
import { type HttpKnowledgeBase, startHttpKnowledgeBase } from '../fixtures/http-knowledge-base.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const documents = renderDocuments(stateAtSigning());
const changed = documents.map((each) =>
  each.name === '09-final.md' ? { ...each, markdown: each.markdown.replace('Rita', 'Rosa') } : each,
);
const one = (text: string) => [
  { name: '09-final.md', title: 'final', markdown: `---\nrevision: 0\n---\n\n${text}\n` },
];

let base: HttpKnowledgeBase;
beforeEach(async () => {
  base = await startHttpKnowledgeBase();
});
afterEach(() => base.close());

const publisher = (change: Partial<HttpPlace> = {}) =>
  createHttpPublisher({
    url: base.url,
    folder: 'iu-cutter/o8b',
    token: { name: 'KB_TOKEN', secret: new Secret(base.token) },
    ...change,
  });
const current = (name: string) => base.files.get(`/kb/iu-cutter/o8b/${name}`) ?? '';
const puts = () => base.requests.filter((each) => each.startsWith('PUT'));

describe.each([true, false])('publishing over HTTP, with preconditions: %s', (preconditions) => {
  beforeEach(() => {
    base.preconditions = preconditions;
  });

  it('makes revision 1 of every document', async () => {
    const published = await publisher().publish(documents);
    expect(published.map(({ revision, changed: made }) => [revision, made])).toEqual(
      documents.map(() => [1, true]),
    );
    for (const { name, digest, location } of published) {
      expect(current(name)).toContain('\nrevision: 1\n');
      expect(documentDigest(current(name))).toBe(digest);
      expect(location).toBe(`${base.url}/iu-cutter/o8b/${name}`);
    }
  });

  it('writes nothing when the content is the same', async () => {
    await publisher().publish(documents);
    base.requests.length = 0;
    const again = await publisher().publish(documents);
    expect(again.every(({ revision, changed: made }) => revision === 1 && !made)).toBe(true);
    expect(puts()).toEqual([]);
  });

  it('makes revision 2 of changed content only, and keeps revision 1', async () => {
    await publisher().publish(documents);
    const first = current('09-final.md');
    const published = await publisher().publish(changed);
    expect(published.map(({ name, revision }) => [name, revision])).toEqual(
      documents.map(({ name }) => [name, name === '09-final.md' ? 2 : 1]),
    );
    expect(current('09-final.md')).toContain('Rosa');
    expect(current('revisions/09-final.r1.md')).toBe(first);
    expect(current('revisions/09-final.r2.md')).toBe(current('09-final.md'));
  });

  it('goes on from where a crash between the two writes left it', async () => {
    await publisher().publish(one('first'));
    const before = current('09-final.md');
    await publisher().publish(one('second'));
    base.files.set('/kb/iu-cutter/o8b/09-final.md', before);
    const published = await publisher().publish(one('third'));
    expect(published).toMatchObject([{ revision: 3, changed: true }]);
    expect(current('revisions/09-final.r2.md')).toContain('second');
    expect(current('09-final.md')).toContain('third');
    base.files.set('/kb/iu-cutter/o8b/09-final.md', before);
    await publisher().publish(one('third'));
    expect(current('09-final.md')).toContain('\nrevision: 3\n');
  });
});

describe('publishing over HTTP', () => {
  it('gives each of many writers at once a revision of its own', async () => {
    const texts = ['0', '1', '2', '3', '4', '5'];
    const published = await Promise.all(texts.map((text) => publisher().publish(one(text))));
    expect(published.map(([document]) => document?.revision).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const kept = texts.map((_, index) => current(`revisions/09-final.r${index + 1}.md`).at(-2));
    expect(kept.toSorted()).toEqual(texts);
    expect(current('09-final.md')).toContain('\nrevision: 6\n');
  });

  it('says what is wrong, and never the token', async () => {
    const wrong = new Secret('another-token-0123456789');
    const broken = new Secret('line one\nline two');
    const faults = [
      { publisher: publisher({ token: { name: 'KB_TOKEN', secret: wrong } }), code: 'unauthorised' },
      { publisher: publisher({ token: { name: 'KB_TOKEN', secret: broken } }), code: 'unauthorised' },
      { publisher: publisher({ token: { name: 'KB_TOKEN', secret: undefined } }), code: 'unauthorised' },
      { publisher: publisher({ url: 'http://127.0.0.1:1/kb' }), code: 'unreachable' },
    ];
    for (const { publisher: faulty, code } of faults) {
      const error: unknown = await faulty.publish(documents).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'PublishError', code });
      expect(await faulty.examine()).toMatchObject({ readable: false, writable: false });
      const said = JSON.stringify([String(error), error, await faulty.examine()]);
      for (const secret of [wrong, broken, new Secret(base.token)])
        expect(said).not.toContain(secret.reveal());
    }
    expect(puts()).toEqual([]);
  });

  it('does not carry the token along a redirect', async () => {
    base.intercept = (request, response) => {
      if (request.method !== 'PUT') return false;
      response.writeHead(307, { location: 'http://127.0.0.1:9/elsewhere' }).end();
      return true;
    };
    await expect(publisher().publish(documents)).rejects.toMatchObject({ code: 'unwritable' });
    expect(base.requests.every((each) => each.includes('/kb/'))).toBe(true);
  });

  it('gives up on a server that does not answer, and at once when it is stopped', async () => {
    base.intercept = () => true;
    await expect(publisher({ timeoutMs: 50 }).publish(documents)).rejects.toMatchObject({
      code: 'unreachable',
    });
    const stop = new AbortController();
    const pending = publisher().publish(documents, stop.signal);
    stop.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  it.each([
    ['keeps nothing', () => undefined, 'got nothing'],
    ['keeps another text', (body: string) => `${body}<!-- seen -->`, 'got another text'],
  ] as const)('is not done by a server that says yes and %s', async (_, kept, said) => {
    for (const where of ['/revisions/', '/o8b/09-final.md']) {
      base.files.clear();
      base.intercept = async (request, response) => {
        const path = request.url ?? '';
        if (request.method !== 'PUT' || !path.includes(where)) return false;
        const body = kept(await text(request));
        if (body !== undefined) base.files.set(path, body);
        response.writeHead(201).end();
        return true;
      };
      const published = publisher().publish(one('first'));
      await expect(published).rejects.toMatchObject({
        code: 'unwritable',
        message: expect.stringContaining(said),
      });
    }
  });

  it('goes on, when called again, from where a fault of the server stopped it', async () => {
    let count = 0;
    base.intercept = (request, response) => {
      if (request.method !== 'PUT') return false;
      count += 1;
      if (count !== 8) return false;
      response.writeHead(500).end();
      return true;
    };
    await expect(publisher().publish(documents)).rejects.toMatchObject({ code: 'unwritable' });
    const again = await publisher().publish(documents);
    expect(again.every(({ revision }) => revision === 1)).toBe(true);
    expect([...base.files.keys()]).toHaveLength(2 * documents.length);
  });

  it('refuses a name that leads out of the folder, before anything is sent', async () => {
    const document = { name: '../../x.md', title: 'x', markdown: 'x' };
    await expect(publisher().publish([document])).rejects.toMatchObject({ code: 'bad-name' });
    expect(base.requests).toEqual([]);
  });
});

describe('looking at an HTTP knowledge base', () => {
  it.each([
    ['one that allows PUT', 'GET, PUT', true, /takes the token KB_TOKEN, and PUT/],
    ['one that does not', 'GET, HEAD', false, /expected PUT among the methods/],
    ['one that does not say', undefined, true, /the first publication will show/],
  ] as const)('tells of %s, and changes nothing', async (_, allow, writable, detail) => {
    base.allow = allow;
    expect(await publisher().examine()).toEqual({
      readable: true,
      writable,
      detail: expect.stringMatching(detail),
    });
    expect(base.files.size).toBe(0);
  });
});
