// What earlier versions wrote is read and verified by this one, for ever.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadPublicKey } from '../../src/attestation/keys.ts';
import { readBundle } from '../../src/attestation/read-bundle.ts';
import { payloadOf, statementsOf } from '../../src/attestation/statements.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { planDigest } from '../../src/plan/digest.ts';
import { planSchema } from '../../src/plan/schema.ts';
import { keptRulingSchema } from '../../src/report/kept-ruling.ts';
import { parseRunEvent } from '../../src/run/events.ts';
import { foldRun } from '../../src/run/state.ts';

const recorded = new URL('../fixtures/recorded/', import.meta.url).pathname;
const runs = [
  ['d228b68/passed-and-ruled', 'PASS', 1],
  ['d228b68/rolled-back', 'FAILED', 0],
  ['d228b68/blocked', 'BLOCKED', 0],
] as const;

it('knows every recording', async () => {
  const folders = (await readdir(recorded, { withFileTypes: true })).filter((each) => each.isDirectory());
  const found = await Promise.all(
    folders.map(async ({ name }) => (await readdir(join(recorded, name))).map((run) => `${name}/${run}`)),
  );
  expect(found.flat().sort()).toEqual(runs.map(([folder]) => folder).sort());
});

describe.each(runs)('the run %s', (folder, verdict, rulings) => {
  const file = (name: string) => join(recorded, folder, name);
  const text = (name: string) => readFile(file(name), 'utf8');

  it('has a plan that still parses to the digest that was approved', async () => {
    const plan = planSchema.parse(parse(await text('plan.yaml')));
    const [first] = (await text('ledger.jsonl')).split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({ data: { planDigest: planDigest(plan) } });
  });

  it('has a ledger that still folds to how it ended', async () => {
    const chain = verifyLines(await text('ledger.jsonl'));
    if (!chain.ok) throw new Error(chain.message);
    const run = foldRun(chain.stream, chain.events.map(parseRunEvent));
    expect([run.finished?.verdict, run.rulings.length]).toEqual([verdict, rulings]);
    expect(planDigest(run.plan)).toBe(run.planDigest);
    if (rulings > 0)
      expect(z.array(keptRulingSchema).parse(JSON.parse(await text('rulings.json')))).toHaveLength(rulings);
  });

  it('has statements that are still rebuilt from the ledger, byte for byte', async () => {
    const bundle = readBundle(await text('evidence.intoto.jsonl'), [
      loadPublicKey(await text('public-key.pem')),
    ]);
    const { ledgerHead, documents } = bundle.deployment.predicate;
    const chain = verifyLines(await text('ledger.jsonl'));
    if (!chain.ok) throw new Error(chain.message);
    const signed = chain.events.slice(0, chain.events.findIndex(({ hash }) => hash === ledgerHead) + 1);
    const run = foldRun(chain.stream, signed.map(parseRunEvent));
    const now = new Date(bundle.summary.predicate.timeVerified);
    expect(statementsOf(run, { documents, ledgerHead, now }).map(payloadOf)).toEqual(
      bundle.lines.map(({ statement }) => payloadOf(statement)),
    );
  });

  it('has a bundle that still verifies with its ledger, its report, its rulings and both signatures', async () => {
    const verification = await verifyBundle({
      bundleText: await text('evidence.intoto.jsonl'),
      publicKeys: [loadPublicKey(await text('public-key.pem'))],
      ledger: { text: await text('ledger.jsonl'), verify: verifyLines },
      reportDir: file('reports'),
      rulings: await Promise.all(
        Array.from({ length: rulings }, (_, index) => text(`ruling-${index + 1}.intoto.json`)),
      ),
      sshsig: {
        signature: await text('evidence.intoto.jsonl.sig'),
        allowedSigners: await text('allowed_signers'),
      },
    });
    expect(verification).toMatchObject({ ok: true, deployment: { verdict } });
  });
});
