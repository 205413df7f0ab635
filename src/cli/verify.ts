// interlock verify: a bundle, offline, claim by claim. interlock ledger verify: a ledger's chain.
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { loadPublicKey, type TrustedKey } from '../attestation/keys.ts';
import { followRotations } from '../attestation/rotation-statement.ts';
import { verifyBundle } from '../attestation/verify.ts';
import type { KeptTimestamp } from '../attestation/verify-anchors.ts';
import { compareHead } from '../ledger/compare-head.ts';
import { verifyLines } from '../ledger/verify-lines.ts';
import { readGiven, readGivenBytes, readIfThere, requireDirectory, requireFile } from './read-given.ts';

interface Options {
  readonly key: string;
  readonly artifact?: string;
  readonly rotation?: string[];
  readonly ledger?: string;
  readonly previousLedger?: string;
  readonly report?: string;
  readonly superseded?: boolean;
  readonly ruling?: string[];
  readonly allowedSigners?: string;
  readonly timestampAuthority?: string;
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .argument('<bundle>', 'evidence.intoto.jsonl')
    .requiredOption('--key <pem>', 'the control plane’s public key, from a place that you trust')
    .option('--rotation <files...>', 'announcements of later keys, in order, to follow from that key on')
    .option('--artifact <file>', 'the artifact that it must be about')
    .option('--ledger <file>', 'the exported ledger')
    .option('--previous-ledger <file>', 'the ledger of the run before on the same target')
    .option('--report <directory>', 'the published documents')
    .option(
      '--superseded',
      'a later run has published in that directory: look for what this one signed among the revisions',
    )
    .option(
      '--ruling <files...>',
      'signed statements of rulings on the run; those beside the bundle are found for a ledger that has them',
    )
    .option(
      '--allowed-signers <file>',
      'whose SSH signature over the whole file to accept (BUNDLE.sig beside it)',
    )
    .option(
      '--timestamp-authority <pem>',
      'certificates of who stamped the ledger’s heads (head-N.tsr beside the bundle); with the ledger, all of them',
    )
    .description(
      'verify an evidence bundle offline; exit 1 naming the first claim that does not hold, 2 for what cannot be read',
    )
    .action(verify);
  program
    .command('ledger')
    .description('the record of runs')
    .command('verify')
    .argument('<file>', 'exported ledger, JSON Lines')
    .option(
      '--head <hash>',
      'the hash that the run’s thread shows: finds a cut end and a rewritten chain too',
    )
    .description('find any edit, deletion, insertion or reordering')
    .action(verifyLedger);
}

async function verifyLedger(file: string, { head }: { head?: string }): Promise<void> {
  if (head !== undefined && !/^sha256:[0-9a-f]{64}$/.test(head))
    throw new RangeError(`expected --head sha256:…, 64 digits as the thread shows them, got ${head}`);
  const result = verifyLines(await readGiven(file, 'an exported ledger'));
  const said = !result.ok
    ? `line ${result.line}: ${result.message}`
    : head === undefined
      ? null
      : compareHead(result.events, head);
  console.log(
    said === null && result.ok
      ? `${file}: whole, ${result.head.seq} events of ${result.stream}, head ${result.head.hash}`
      : `${file}: DOES NOT HOLD: ${said}`,
  );
  if (said !== null) process.exitCode = 1;
}

/** The key that is trusted, and those that its announcements lead to. Throws AttestationError for one that leads nowhere. */
async function trustedKeys({ key, rotation = [] }: Options): Promise<TrustedKey[]> {
  const first = loadPublicKey(await readGiven(key, 'the control plane’s public key (--key)'));
  const texts = rotation.map((file) => readGiven(file, 'an announcement of a key (--rotation)'));
  return followRotations(first, await Promise.all(texts));
}

/** An option that has no effect without another must not look as if it had. */
function requireTogether({ superseded, report, previousLedger, ledger }: Options): void {
  if (superseded && report === undefined)
    throw new RangeError(
      'expected --superseded with --report, got it alone; it says how the directory of --report is to be read',
    );
  if (previousLedger !== undefined && ledger === undefined)
    throw new RangeError(
      'expected --previous-ledger with --ledger, got it alone; it is the ledger before that of --ledger',
    );
}

async function verify(bundle: string, options: Options): Promise<void> {
  requireTogether(options);
  const bundleText = await readGiven(bundle, 'an evidence bundle (evidence.intoto.jsonl)');
  const ledgerText =
    options.ledger === undefined
      ? undefined
      : await readGiven(options.ledger, 'the exported ledger (--ledger)');
  if (options.artifact !== undefined) await requireFile(options.artifact, 'the artifact (--artifact)');
  if (options.report !== undefined)
    await requireDirectory(options.report, 'the published documents (--report)');
  const rulings = await readRulings(dirname(bundle), options.ruling, ledgerText);
  const result = await verifyBundle({
    bundleText,
    publicKeys: await trustedKeys(options),
    artifactFile: options.artifact,
    reportDir: options.report,
    superseded: options.superseded,
    rulings: rulings.texts,
    ledger:
      ledgerText === undefined
        ? undefined
        : {
            text: ledgerText,
            verify: verifyLines,
            ...(options.previousLedger === undefined
              ? {}
              : {
                  previous: await readGiven(options.previousLedger, 'the ledger before (--previous-ledger)'),
                }),
          },
    anchors: {
      trusted:
        options.timestampAuthority === undefined
          ? undefined
          : await readGiven(options.timestampAuthority, 'certificates (--timestamp-authority)'),
      timestamps: await readTimestamps(dirname(bundle)),
    },
    sshsig:
      options.allowedSigners === undefined
        ? undefined
        : {
            signature: await readIfThere(`${bundle}.sig`, 'an SSH signature'),
            allowedSigners: await readGiven(options.allowedSigners, 'allowed signers (--allowed-signers)'),
          },
  });
  for (const claim of result.ok ? result.claims : result.verified) console.log(`holds: ${claim}`);
  if (result.ok) {
    for (const note of [...result.notes, ...rulings.notes]) console.log(`note: ${note}`);
    const { run, verdict, outcome } = result.deployment;
    console.log(`the bundle is authentic and consistent; run ${run.id} ended ${verdict}: ${outcome}`);
    return;
  }
  console.log(`DOES NOT HOLD (${result.code}): ${result.claim}`);
  process.exitCode = 1;
}

/** Those that were named; without, those beside the bundle for as many rulings as the ledger has: the key decides on each. */
async function readRulings(
  directory: string,
  named: readonly string[] | undefined,
  ledgerText: string | undefined,
): Promise<{ texts: string[]; notes: string[] }> {
  if (named) {
    const texts = named.map((file) => readGiven(file, 'the statement of a ruling (--ruling)'));
    return { texts: await Promise.all(texts), notes: [] };
  }
  const count = ledgerText?.split('\n').filter((line) => line.endsWith('"type":"run.ruled"}')).length ?? 0;
  const expected = Array.from({ length: count }, (_, index) => `ruling-${index + 1}.intoto.json`);
  const found = await Promise.all(
    expected.map((name) => readIfThere(join(directory, name), 'the statement of a ruling')),
  );
  const more = (await readdir(directory)).filter(
    (name) => /^ruling-.*\.intoto\.json$/.test(name) && !expected.includes(name),
  );
  const known =
    ledgerText === undefined
      ? 'no ledger was given'
      : `the ledger has ${count === 1 ? 'one ruling' : `${count} rulings`}`;
  return {
    texts: found.filter((text) => text !== null),
    notes: more
      .sort()
      .map(
        (name) =>
          `not verified: ${name} beside the bundle; ${known}. It may be a later ruling: give it with --ruling`,
      ),
  };
}

async function readTimestamps(directory: string): Promise<KeptTimestamp[]> {
  const names = (await readdir(directory)).filter((name) => /^head-\d+\.tsr$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ name, der: await readGivenBytes(join(directory, name), 'a time stamp') })),
  );
}
