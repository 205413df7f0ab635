// The documents of the attestation say what the program does: commands run, the schema is the one in use.
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deploymentPredicateSchema } from '../../src/attestation/deployment-predicate.ts';
import { publicKeyPem } from '../../src/attestation/keys.ts';
import { timestampQuery } from '../../src/attestation/timestamp.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { factsWith, referenceFacts } from '../fixtures/reference-facts.ts';
import { alice, bob, eventsAtSigning } from '../fixtures/run-events.ts';
import { ruling as forgedRuling, goneOn, type RuledRun, ruledRun } from '../fixtures/signed-rulings.ts';
import { type SignedRun, signEvents, signedRun } from '../fixtures/signed-runs.ts';
import { startTimestampAuthority } from '../fixtures/timestamp-authority.ts';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;
const guide = await readFile(join(root, 'docs/verify.md'), 'utf8');
const blocks = [...guide.matchAll(/^### (.+)\n[\s\S]*?```sh\n([\s\S]*?)```/gm)].map(
  ([, title = '', script = '']) => ({ title, script }),
);
const cosignBlock = /```sh cosign\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';

const artifactBytes = 'the artifact';
const artifact = { ...referenceFacts.artifact.artifact, sha256: sha256Hex(artifactBytes) };
const signed = signedRun({ results: { artifact: { facts: factsWith('artifact', { artifact }) } } });

const ruled = ruledRun(signed);

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-docs-'));
  await writePackage('package', signed, ruled);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What a run leaves, as it is kept beside the bundle; with the ruling, if there was one. */
async function writePackage(name: string, of: SignedRun, withRuling: RuledRun | null): Promise<string> {
  const place = join(directory, name);
  await mkdir(join(place, 'reports', 'revisions'), { recursive: true });
  const final = of.documents.at(-1);
  const current = withRuling ? [...of.documents.slice(0, -1), withRuling.document] : of.documents;
  const files = {
    'evidence.intoto.jsonl': of.bundle.text,
    'evidence.intoto.jsonl.sig': of.bundle.sshsig,
    'ledger.jsonl': withRuling?.ledger ?? of.ledger.end,
    ...(withRuling && {
      'ruling-1.intoto.json': withRuling.statement,
      'reports/revisions/09-final.r2.md': final?.markdown ?? '',
    }),
    'interlock.pub.pem': publicKeyPem(of.keys.signing),
    allowed_signers: `${of.bundle.allowedSigners}\n`,
    'artifact.tar.gz': artifactBytes,
    ...Object.fromEntries(
      current.map((each) => [
        `reports/${each.name}`,
        each.markdown.replace('\nrevision: 0\n', '\nrevision: 3\n'),
      ]),
    ),
  };
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(place, file), text)));
  return place;
}

/** Titles of the blocks that refuse a package, and what they all say. Only those that read `file` can mind a change of it. */
async function refusals(cwd: string, file = ''): Promise<{ titles: string[]; output: string }> {
  const concerned = blocks.filter(({ script }) => script.includes(file));
  expect(concerned).not.toEqual([]);
  const judged = await Promise.all(
    concerned.map(async ({ title, script }) => ({ title, ...(await runBlock(script, cwd)) })),
  );
  return {
    titles: judged.filter(({ ok }) => !ok).map(({ title }) => title),
    output: judged.map(({ output }) => output).join(''),
  };
}

async function runBlock(script: string, cwd: string): Promise<{ ok: boolean; output: string }> {
  return run('bash', ['-euo', 'pipefail', '-c', script], { cwd }).then(
    ({ stdout }) => ({ ok: true, output: stdout }),
    (error: { stdout?: string; stderr?: string }) => ({
      ok: false,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
}

/** Titles of the blocks that refuse the package with something done to it. */
async function refusedWith(change: (cwd: string) => Promise<void>, file = ''): Promise<string[]> {
  const cwd = await mkdtemp(join(directory, 'edited-'));
  await cp(join(directory, 'package'), cwd, { recursive: true });
  await change(cwd);
  return (await refusals(cwd, file)).titles;
}

function refusedBy(file: string, edit: (text: string) => string): Promise<string[]> {
  return refusedWith(
    async (cwd) => {
      const before = await readFile(join(cwd, file), 'utf8');
      const after = edit(before);
      expect(after).not.toBe(before);
      await writeFile(join(cwd, file), after);
    },
    file.replace(/(?<=^reports\/|^ruling-).*/, ''),
  );
}

const whole = 'The whole file, with ssh-keygen';
const each = 'Each statement, with openssl';
const order = 'No line dropped, added or moved';
const says = 'What it says';
const ledger = 'The ledger: an unbroken chain that holds the signed head';
const approved = 'What people approved';
const report = 'The report';
const ruling = 'A ruling';
const time = 'The time, by somebody else';
const lines = (text: string) => text.trimEnd().split('\n');

describe('docs/verify.md', () => {
  it('has commands that accept a whole package, one and all', async () => {
    expect(blocks.map(({ title }) => title)).toEqual([
      whole,
      each,
      order,
      says,
      ledger,
      approved,
      report,
      ruling,
      time,
    ]);
    for (const { script } of blocks)
      expect(await runBlock(script, join(directory, 'package'))).toMatchObject({
        ok: true,
        output: expect.stringMatching(/\S/),
      });
  });

  it('says in the end what the run was', async () => {
    const { output } = await runBlock(blocks[3]?.script ?? '', join(directory, 'package'));
    expect(output).toBe('"verificationResult":"PASSED"\n"verdict":"PASS"\n');
  });

  it.each<[string, string, (text: string) => string, string[]]>([
    [
      'a payload changed',
      'evidence.intoto.jsonl',
      (text) =>
        text.replace(/"payload":"eyJ(.)/, (_all, byte) => `"payload":"eyJ${byte === 'f' ? 'g' : 'f'}`),
      [whole, each, order, ledger, ruling],
    ],
    [
      'a signature changed',
      'evidence.intoto.jsonl',
      (text) =>
        text.replace(/"sig":"(.{20})(.)/, (_all, head, byte) => `"sig":"${head}${byte === 'A' ? 'B' : 'A'}`),
      [whole, each, ledger, ruling],
    ],
    [
      'a line dropped',
      'evidence.intoto.jsonl',
      (text) => `${lines(text).slice(1).join('\n')}\n`,
      [whole, order, ledger, ruling],
    ],
    [
      'two lines swapped',
      'evidence.intoto.jsonl',
      (text) => `${[lines(text)[1], lines(text)[0], ...lines(text).slice(2)].join('\n')}\n`,
      [whole, order, ledger, ruling],
    ],
    ['a ledger edited', 'ledger.jsonl', (text) => text.replace('"Rita"', '"Rosa"'), [ledger]],
    [
      'a ledger cut',
      'ledger.jsonl',
      (text) => `${lines(text).slice(0, 5).join('\n')}\n`,
      [ledger, approved, ruling],
    ],
    [
      'an approval subject edited',
      'ledger.jsonl',
      (text) => text.replace('"subject":{"gates":[{"checks"', '"subject":{"gates":[{"checked"'),
      [ledger, approved],
    ],
    [
      'a last line of the ledger that lacks its end, and so may be passed over',
      'ledger.jsonl',
      (text) => `${text}{"forged":"event"}`,
      [ledger],
    ],
    [
      'a last line of the bundle that lacks its end',
      'evidence.intoto.jsonl',
      (text) => `${text}${lines(text)[0]}`,
      [whole, each, order, says, ledger, report, ruling, time],
    ],
    ['a ledger whose last line was cut off', 'ledger.jsonl', (text) => text.slice(0, -9), [ledger, ruling]],
    ['an empty ledger', 'ledger.jsonl', () => '', [ledger, approved, ruling]],
    [
      'a forged acceptance in the ledger',
      'ledger.jsonl',
      (text) => goneOn(text, [{ type: 'run.ruled', data: forgedRuling }]).text,
      [ruling],
    ],
    [
      'an event after the end of the run that is no ruling',
      'ledger.jsonl',
      (text) =>
        goneOn(text, [{ type: 'run.finished', data: { verdict: 'PASS', outcome: 'A+', reason: null } }]).text,
      [ledger],
    ],
    [
      'another end of the run',
      'ledger.jsonl',
      () =>
        goneOn(signed.ledger.signing, [
          { type: 'run.finished', data: { verdict: 'PASS', outcome: 'A+', reason: null } },
        ]).text,
      [ledger, ruling],
    ],
    [
      'a signed final report that was falsified among the revisions',
      'reports/revisions/09-final.r2.md',
      (text) => text.replace('not evidenced', 'not done'),
      [report],
    ],
    [
      'a report improved',
      'reports/09-final.md',
      (text) => text.replace('not evidenced', 'not done'),
      [report],
    ],
    ['another key', 'interlock.pub.pem', () => publicKeyPem(signedRun().keys.signing), [each, ruling]],
    ['a ruling altered', 'ruling-1.intoto.json', (text) => text.replace('"sig":"M', '"sig":"N'), [ruling]],
    ['another signer', 'allowed_signers', () => `${signedRun().bundle.allowedSigners}\n`, [whole]],
  ])('refuses %s', async (_name, file, edit, titles) => {
    expect(await refusedBy(file, edit)).toEqual(titles);
  });

  it.each<[string, (cwd: string) => Promise<void>, string[]]>([
    ['a document that is missing', (cwd) => rm(join(cwd, 'reports/03-reconcile.md')), [report]],
    ['a report that is missing', (cwd) => rm(join(cwd, 'reports'), { recursive: true }), [report]],
    ['a document that was added', (cwd) => writeFile(join(cwd, 'reports/10-more.md'), '# More\n'), [report]],
    ['a ruling whose statement is missing', (cwd) => rm(join(cwd, 'ruling-1.intoto.json')), [report, ruling]],
    [
      'a statement of a ruling that the ledger does not hold',
      (cwd) => writeFile(join(cwd, 'ledger.jsonl'), signed.ledger.end),
      [ruling],
    ],
    ['a file signature that is missing', (cwd) => rm(join(cwd, 'evidence.intoto.jsonl.sig')), [whole]],
    [
      'a falsified final report with the genuine one among its revisions',
      async (cwd) => {
        const current = join(cwd, 'reports/09-final.md');
        const text = await readFile(current, 'utf8');
        await writeFile(join(cwd, 'reports/revisions/09-final.r3.md'), text);
        await writeFile(current, text.replace('not evidenced', 'not done'));
      },
      [report],
    ],
  ])('refuses %s', async (_name, change, titles) => {
    expect(await refusedWith(change)).toEqual(titles);
  });

  it('accepts a run without a ruling, and one that asked for approval twice', async () => {
    const plain = await refusals(await writePackage('plain', signed, null));
    expect(plain).toMatchObject({ titles: [], output: expect.stringContaining('holds no ruling') });
    const moved = { liveTree: { digest: `sha256:${'9'.repeat(64)}` } };
    const twice = signedRun({
      results: { drift: { facts: factsWith('drift', moved) } },
      votes: [alice, bob, alice, bob].map((person) => ({ ...person, vote: 'approve' as const })),
    });
    expect(twice.ledger.end.match(/"type":"approval.requested"/g)).toHaveLength(2);
    expect(twice.run.approval?.approvals).toHaveLength(2);
    const asked = await refusals(await writePackage('twice', twice, null));
    expect(asked).toMatchObject({ titles: [], output: expect.stringContaining('of what was shown') });
  });

  it('accepts the stamps of a time stamp authority, and refuses others and none where there was one', async () => {
    await using tsa = await startTimestampAuthority();
    const anchored = { authority: tsa.url, at: '2026-05-21T05:40:00.000Z', reason: null };
    const stamped = signEvents(eventsAtSigning(), undefined, anchored);
    const cwd = await writePackage('stamped', stamped, null);
    const number = lines(stamped.ledger.signing).length;
    const stamp = async (head: string) =>
      writeFile(join(cwd, `head-${number}.tsr`), await tsa.stamp(timestampQuery(head).der));
    await writeFile(join(cwd, 'timestamp-authority.pem'), tsa.trusted);
    expect((await refusals(cwd, 'head-')).titles).toEqual([time]);
    await stamp(stamped.ledgerHead);
    const accepted = await refusals(cwd, 'head-');
    expect(accepted).toMatchObject({
      titles: [],
      output: expect.stringMatching(/head-\d+\.tsr: Time stamp: /),
    });
    expect(accepted.output).toContain(`"anchored":{"at":"${anchored.at}"`);
    await stamp(`sha256:${'0'.repeat(64)}`);
    expect((await refusals(cwd, 'head-')).titles).toEqual([time]);
  });

  it.each(['passed-and-ruled', 'blocked'])('accepts a recorded run that %s', async (name) => {
    const cwd = join(directory, name);
    await cp(join(root, 'test/fixtures/recorded/d228b68', name), cwd, { recursive: true });
    await rename(join(cwd, 'public-key.pem'), join(cwd, 'interlock.pub.pem'));
    expect(await refusals(cwd)).toMatchObject({ titles: [] });
  });

  it.skipIf(!hasCosign())('has a cosign command that accepts the provenance', async () => {
    expect(await runBlock(cosignBlock, join(directory, 'package'))).toMatchObject({ ok: true });
  });
});

function hasCosign(): boolean {
  try {
    execFileSync('cosign', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('docs/attestation.md', () => {
  it('holds the JSON Schema of the deployment predicate that is in use', async () => {
    const text = await readFile(join(root, 'docs/attestation.md'), 'utf8');
    const schema: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? 'null');
    expect(schema).toEqual(z.toJSONSchema(deploymentPredicateSchema));
  });
});
