// The documents of the attestation say what the program does: commands run, the schema is the one in use.
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deploymentPredicateSchema } from '../../src/attestation/deployment-predicate.ts';
import { publicKeyPem } from '../../src/attestation/keys.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { factsWith, referenceFacts } from '../fixtures/reference-facts.ts';
import { ruledRun } from '../fixtures/signed-rulings.ts';
import { signedRun } from '../fixtures/signed-runs.ts';

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
  await mkdir(join(directory, 'package/reports'), { recursive: true });
  const files = {
    'evidence.intoto.jsonl': signed.bundle.text,
    'evidence.intoto.jsonl.sig': signed.bundle.sshsig,
    'ledger.jsonl': ruled.ledger,
    'ruling-1.intoto.json': ruled.statement,
    'interlock.pub.pem': publicKeyPem(signed.keys.signing),
    allowed_signers: `${signed.bundle.allowedSigners}\n`,
    'artifact.tar.gz': artifactBytes,
    ...Object.fromEntries(
      [...signed.documents.slice(0, -1), ruled.document].map(({ name, markdown }) => [
        `reports/${name}`,
        markdown.replace('\nrevision: 0\n', '\nrevision: 3\n'),
      ]),
    ),
  };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(directory, 'package', name), text)),
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function runBlock(script: string, cwd: string): Promise<{ ok: boolean; output: string }> {
  return run('bash', ['-euo', 'pipefail', '-c', script], { cwd }).then(
    ({ stdout }) => ({ ok: true, output: stdout }),
    (error: { stdout?: string; stderr?: string }) => ({
      ok: false,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
}

/** Titles of the blocks that refuse a package with this file changed. */
async function refusedBy(file: string, edit: (text: string) => string): Promise<string[]> {
  const cwd = await mkdtemp(join(directory, 'edited-'));
  await cp(join(directory, 'package'), cwd, { recursive: true });
  const before = await readFile(join(cwd, file), 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  await writeFile(join(cwd, file), after);
  const judged = await Promise.all(
    blocks.map(async ({ title, script }) => ({ title, ...(await runBlock(script, cwd)) })),
  );
  return judged.filter(({ ok }) => !ok).map(({ title }) => title);
}

const whole = 'The whole file, with ssh-keygen';
const each = 'Each statement, with openssl';
const order = 'No line dropped, added or moved';
const ledger = 'The ledger: an unbroken chain that holds the signed head';
const approved = 'What people approved';
const report = 'The report';
const ruling = 'A ruling';
const lines = (text: string) => text.trimEnd().split('\n');

describe('docs/verify.md', () => {
  it('has commands that accept a whole package, one and all', async () => {
    expect(blocks.map(({ title }) => title)).toEqual([
      whole,
      each,
      order,
      'What it says',
      ledger,
      approved,
      report,
      ruling,
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
      [whole, each, order, ruling],
    ],
    [
      'a signature changed',
      'evidence.intoto.jsonl',
      (text) =>
        text.replace(/"sig":"(.{20})(.)/, (_all, head, byte) => `"sig":"${head}${byte === 'A' ? 'B' : 'A'}`),
      [whole, each, ruling],
    ],
    [
      'a line dropped',
      'evidence.intoto.jsonl',
      (text) => `${lines(text).slice(1).join('\n')}\n`,
      [whole, order, ruling],
    ],
    [
      'two lines swapped',
      'evidence.intoto.jsonl',
      (text) => `${[lines(text)[1], lines(text)[0], ...lines(text).slice(2)].join('\n')}\n`,
      [whole, order, ruling],
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
