// Acceptance: sixty secrets in ten places of a run's world appear nowhere that anybody keeps or sees, and the report still
// reads well. Three runs on real parts: one that passes, one that fails, one that is blocked.
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { Secret } from '../../src/evidence/secret.ts';
import { spellingsOf } from '../../src/evidence/secret-spellings.ts';
import type { RunState } from '../../src/run/state.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { channel, type LoopbackRun, openLoopbackRun, requester } from '../fixtures/loopback-run.ts';
import {
  around,
  loadedSecrets,
  type Place,
  pages,
  places,
  planted,
  plantSecrets,
  secretsOf,
} from '../fixtures/planted-secrets.ts';

const server = createServer((_, response) => response.end(pages['/links']));
const logged: string[] = [];
const write = (details: object, message: string) => void logged.push(JSON.stringify({ ...details, message }));
let opened: LoopbackRun;
let runs: { passed: RunState; failed: RunState; blocked: RunState };
/** What was answered to somebody, or shown on the way. */
const said: string[] = [];

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  opened = await openLoopbackRun({
    secrets: loadedSecrets,
    log: { info: write, warn: write, error: write },
    prepare: (place) => plantSecrets({ ...place, url }),
  });
  const end = async (plan: string) => {
    const runId = await opened.deploy({ plan });
    const waiting = await opened.until(runId, (run) => run.approval !== null || run.finished !== null);
    said.push(JSON.stringify(messagesOf(waiting)));
    if (waiting.approval) await opened.approve(runId);
    const run = await opened.until(runId, ({ finished }) => finished !== null);
    await opened.coordinator.advance(runId);
    return run;
  };
  runs = {
    blocked: await end('planted-blocked'),
    failed: await end('planted-failing'),
    passed: await end('o8b-retry'),
  };
}, 240_000);

afterAll(async () => {
  await opened?.close();
  server.close();
});

/** Every file below a directory as text; bytes that are no UTF-8 do not hide what is. */
async function filesBelow(directory: string): Promise<[string, string][]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }): Promise<[string, string]> => {
        const path = join(parentPath, name);
        return [path, `${name}\n${await readFile(path, 'utf8')}`];
      }),
  );
}

const envelope = z.object({ payload: z.string() });
const payloadsOf = (bundle: string) =>
  bundle
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(envelope.parse(JSON.parse(line)).payload, 'base64').toString());

/** Every row of every table that Interlock and its queue have. */
async function databaseRows(): Promise<string> {
  const tables = z.array(z.object({ schema: z.string(), name: z.string() })).parse(
    (
      await opened.database.query(
        `select table_schema as schema, table_name as name from information_schema.tables
          where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
        [],
      )
    ).rows,
  );
  const texts: string[] = [];
  for (const { schema, name } of tables) {
    const { rows } = await opened.database.query(
      `select row_to_json(t)::text as row from "${schema}"."${name}" t`,
      [],
    );
    texts.push(...rows.map((row) => z.object({ row: z.string() }).parse(row).row));
  }
  expect(tables.length).toBeGreaterThan(4);
  return texts.join('\n');
}

/** All that a run leaves, by where it is. */
async function traces(): Promise<[string, string][]> {
  const { directory, ledger, world } = opened;
  const packages = await filesBelow(join(directory, 'runs'));
  const all = Object.values(runs);
  return [
    ...packages,
    ...packages
      .filter(([path]) => path.endsWith('evidence.intoto.jsonl'))
      .map(([path, text]): [string, string] => [
        `payloads of ${path}`,
        payloadsOf(text.slice(text.indexOf('\n') + 1)).join('\n'),
      ]),
    ...(await filesBelow(join(directory, 'evidence'))),
    ...(await filesBelow(world.knowledgeBase)),
    ...(await Promise.all(
      all.map(
        async ({ runId }): Promise<[string, string]> => [
          `ledger of ${runId}`,
          await ledger.exportLines(runId),
        ],
      ),
    )),
    ...all.map((run): [string, string] => [`thread of ${run.runId}`, JSON.stringify(messagesOf(run))]),
    ['the database', await databaseRows()],
    ['the log', logged.join('\n')],
    ['what was said', said.join('\n')],
  ];
}

const documentsOf = async ({ runId }: RunState) =>
  new Map(
    (await filesBelow(join(opened.directory, 'runs', runId, 'reports'))).map(([path, text]) => [
      path.split('/').at(-1) ?? '',
      text,
    ]),
  );
const evidenceText = async () =>
  (await filesBelow(join(opened.directory, 'evidence'))).map(([, text]) => text).join('\n');

describe('sixty planted secrets', () => {
  it('are sixty, in ten places', () => {
    expect(new Set(planted.map(({ value }) => value)).size).toBe(60);
    expect(places).toHaveLength(10);
  });

  it('were in the way of three runs that ended as they should', () => {
    const { passed, failed, blocked } = runs;
    expect([passed, failed, blocked].map(({ finished }) => finished?.verdict)).toEqual([
      'PASS',
      'FAILED',
      'BLOCKED',
    ]);
    expect(passed.gates.every(({ status }) => status === 'pass')).toBe(true);
    expect(failed.gates.find(({ gate }) => gate.kind === 'test')?.reason?.text).toContain('6 failed');
    expect(blocked.gates[0]?.reason?.text).toContain('rows of a view that fails could not be read');
  });

  it('are refused in a plan, with the place and without the secret', async () => {
    const before = (await opened.ledger.streams()).length;
    const template = join(opened.directory, 'plans', 'o8b-retry.yaml');
    const fields: (string | number)[][] = [
      ['title'],
      ['commit', 'message'],
      ['gaps', 0, 'title'],
      ['probes', 0, 'title'],
      ['passCriteria', 0, 'title'],
      ['reports', 'tags', 0],
    ];
    for (const [index, { text, value }] of secretsOf('plan').entries()) {
      const field = fields[index] ?? [];
      const name = `planted-plan-${index}`;
      const document = parseDocument(await readFile(template, 'utf8'));
      document.setIn(['name'], name);
      document.setIn(field, `as ever ${text} and on`);
      await writeFile(join(opened.directory, 'plans', `${name}.yaml`), document.toString({ lineWidth: 0 }));
      const answer = await opened.control.request({
        operation: 'deploy',
        subject: name,
        dryRun: false,
        requester,
        channel,
      });
      const refusal = answer.ok ? null : answer.refusal;
      expect(refusal?.code).toMatch(/^plan-(?:invalid|holds-secret)$/);
      expect(refusal?.text).toContain(field.join('/'));
      expect(refusal?.text).not.toContain(value);
      said.push(JSON.stringify(answer));
    }
    expect((await opened.ledger.streams()).length).toBe(before);
  });

  it('are nowhere in what is left of the runs, in no spelling', async () => {
    const found: string[] = [];
    const all = await traces();
    const whole = all.map(([, text]) => text).join('\n');
    expect(whole.length).toBeGreaterThan(1_000_000);
    for (const { place, kind, value } of planted) {
      for (const { text: spelling } of spellingsOf(new Secret(value))) {
        if (!whole.includes(spelling)) continue;
        const where = all.filter(([, text]) => text.includes(spelling)).map(([name]) => name);
        found.push(`${kind} of ${place}, as ${spelling.slice(0, 12)}…, in ${where.join(', ')}`);
      }
    }
    expect(found).toEqual([]);
  });
});

describe('the report around them', () => {
  it('has every document, whole tables, and what was read with the words around what was taken out', async () => {
    const documents = await documentsOf(runs.passed);
    expect([...documents.keys()].sort()).toEqual([
      '01-precheck.md',
      '02-survey.md',
      '03-reconcile.md',
      '04-test.md',
      '05-artifact.md',
      '06-stage-promote.md',
      '07-prove.md',
      '08-rollback-readiness.md',
      '09-final.md',
    ]);
    for (const [name, text] of documents) {
      expect(text, name).not.toContain('[redacted:unsettled]');
      const lines = text.split('\n');
      const redacted = lines.filter((line) => line.includes('[redacted:')).length;
      expect(redacted / lines.length, name).toBeLessThan(0.2);
      const rows = lines.filter((line) => line.startsWith('|'));
      const cells = (line: string) => line.split(/(?<!\\)\|/).length;
      for (const [index, row] of rows.entries()) {
        const next = rows[index + 1];
        if (next && lines[lines.indexOf(row) + 1] === next)
          expect(cells(next), `${name}: ${next}`).toBe(cells(row));
      }
    }
    const final = documents.get('09-final.md') ?? '';
    for (const [index] of secretsOf('probe-value').entries())
      for (const word of around('probe-value', index)) expect(final).toContain(word);
    expect(final).toMatch(/begin output 0 \\\[redacted:loaded\\\] end output 0/);
    expect(final).toContain('**Result: PASS**');
    expect(final).toContain('15 of 15 hold');
  });

  it('keeps the words around each of them in the evidence', async () => {
    const text = await evidenceText();
    const inEvidence: readonly Place[] = [
      'output',
      'error',
      'url',
      'file-name',
      'test-name',
      'probe-value',
      'commit-message',
    ];
    for (const place of inEvidence)
      for (const [index] of secretsOf(place).entries())
        for (const word of around(place, index)) expect(text).toContain(word);
    for (const { kind } of secretsOf('git-remote')) expect(text).toContain(`@git.invalid/${kind}.git`);
    for (const name of ['PLANTED_AWS=', 'PLANTED_PASSWORD=', 'PLANTED_LOADED=']) expect(text).toContain(name);
  });

  it('of the failed run says which tests failed, and that nothing went live', async () => {
    const documents = await documentsOf(runs.failed);
    const final = documents.get('09-final.md') ?? '';
    expect(final).toContain('**Result: FAILED**');
    expect(final).toMatch(/0 passed, 6 failed: "begin test-name 0 \\\[redacted:loaded\\\] end test-name 0"/);
    expect(final).toContain('Nothing went live');
    expect(final.match(/not run, since G3/g)).toHaveLength(6);
    expect(documents.get('05-artifact.md')).toContain('### What to do then');
    expect(final).toContain('First mend the reason of this stop');
  });

  it('of the blocked run says what could not be read, and that nothing was touched', async () => {
    const final = (await documentsOf(runs.blocked)).get('09-final.md') ?? '';
    expect(final).toContain('**Result: BLOCKED**');
    expect(final).toMatch(
      /rows of a view that fails could not be read: begin error 0 \\\[redacted:loaded\\\] end error 0/,
    );
    expect(final).toContain('It holds no change.');
    expect(runs.blocked.gates.flatMap(({ result }) => result?.mutations ?? [])).toEqual([]);
  });
});
