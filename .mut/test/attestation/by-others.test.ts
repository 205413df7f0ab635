// The bundle before programs that know nothing of Interlock: openssl for each envelope, ssh-keygen for the whole file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envelopeSchema, preAuthEncoding } from '../../src/attestation/dsse.ts';
import { publicKeyPem } from '../../src/attestation/keys.ts';
import { signedRun } from '../fixtures/signed-runs.ts';

const { bundle, keys } = signedRun();
const lines = bundle.text.trimEnd().split('\n');
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-others-'));
  await writeFile(join(directory, 'key.pem'), publicKeyPem(keys.signing));
  await writeFile(join(directory, 'allowed_signers'), `${bundle.allowedSigners}\n`);
  await writeFile(join(directory, 'bundle.sig'), bundle.sshsig);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function exitCode(program: string, args: readonly string[], input = ''): Promise<number | null> {
  const child = spawn(program, args, { cwd: directory, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await once(child, 'close');
  return child.exitCode;
}

/** openssl's judgement of one envelope's payload and signature. */
async function opensslAccepts(payloadType: string, payload: Buffer, signature: Buffer): Promise<boolean> {
  await writeFile(join(directory, 'signed'), preAuthEncoding(payloadType, payload));
  await writeFile(join(directory, 'signature'), signature);
  const args = ['dgst', '-sha256', '-verify', 'key.pem', '-signature', 'signature', 'signed'];
  return (await exitCode('openssl', args)) === 0;
}

function sshKeygenAccepts(text: string): Promise<boolean> {
  const args = [
    '-Y',
    'verify',
    '-f',
    'allowed_signers',
    '-I',
    'interlock',
    '-n',
    'interlock',
    '-s',
    'bundle.sig',
  ];
  return exitCode('ssh-keygen', args, text).then((code) => code === 0);
}

function flip(bytes: Buffer, at: number, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
  return flipped;
}

describe('a bundle before others', () => {
  it.each(lines.map((line, index) => [index + 1, line] as const))(
    'openssl accepts envelope %i, and no flipped bit of it',
    async (_, line) => {
      const { payload, payloadType, signatures } = envelopeSchema.parse(JSON.parse(line));
      const [bytes, signature] = [
        Buffer.from(payload, 'base64'),
        Buffer.from(signatures[0]?.sig ?? '', 'base64'),
      ];
      expect(await opensslAccepts(payloadType, bytes, signature)).toBe(true);
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.nat(7), fc.boolean(), async (at, bit, inPayload) => {
          const accepted = inPayload
            ? await opensslAccepts(payloadType, flip(bytes, at, bit), signature)
            : await opensslAccepts(payloadType, bytes, flip(signature, at, bit));
          expect(accepted).toBe(false);
        }),
        { numRuns: 6 },
      );
    },
  );

  it('ssh-keygen accepts the whole, and none with a byte changed, a line dropped or two lines swapped anywhere', async () => {
    expect(await sshKeygenAccepts(bundle.text)).toBe(true);
    const place = fc.nat(lines.length - 1);
    const edited = fc.oneof(
      fc
        .tuple(fc.nat(), fc.nat(6))
        .map(([at, bit]) => flip(Buffer.from(bundle.text), at, bit).toString('latin1')),
      place.map((at) => `${lines.toSpliced(at, 1).join('\n')}\n`),
      fc.tuple(place, place).map(
        ([a, b]) =>
          `${lines
            .with(a, lines[b] ?? '')
            .with(b, lines[a] ?? '')
            .join('\n')}\n`,
      ),
    );
    await fc.assert(
      fc.asyncProperty(edited, async (text) => {
        fc.pre(text !== bundle.text);
        expect(await sshKeygenAccepts(text)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});
