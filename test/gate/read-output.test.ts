// What a suite or a harness prints beyond what is kept: nobody has read it, so nothing is concluded from what stands before it.
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { maxOutputBytes } from '../../src/gate/read-output.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { runProofs, runSuite } from '../../src/gate/run-suite.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';

function where() {
  const record = createRecorder((text) => text);
  const observer = new LocalHost({ name: 'web-1' });
  return { observer, directory: tmpdir(), record, signal: new AbortController().signal };
}

const noise = (bytes: number) => `head -c ${bytes} /dev/zero | tr '\\0' '#'; echo`;
const printing = (first: string, bytes: number, last: string) => [
  'sh',
  '-c',
  `printf '%s\\n' "$1"; ${noise(bytes)}; printf '%s\\n' "$2"`,
  'sh',
  first,
  last,
];
const proofs = (holds: boolean) => JSON.stringify({ proofs: [{ id: 'P1', claim: 'it holds', holds }] });

describe('an output that was cut off', () => {
  it('is no test report: a test that failed may stand in what is gone', async () => {
    for (const [bytes, actual] of [
      [1_000, /well-formed/],
      [maxOutputBytes, /at most/],
    ] as const) {
      const at = where();
      const command = printing('1..1\nok 1 - all is well', bytes, 'not ok 2 - it is not');
      const suite = { command, format: 'tap', expect: { passed: 1 }, timeoutSeconds: 60 } as const;
      expect(await runSuite('full', suite, at)).toMatchObject({ passed: 0 });
      expect(at.record.checks).toMatchObject([
        { id: 'suite-full', status: 'inconclusive', actual: expect.stringMatching(actual) },
      ]);
    }
  });

  it('is no proof: the code under proof may have printed what is left of it', async () => {
    for (const [bytes, actual] of [
      [1_000, /got 2/],
      [maxOutputBytes, /at most/],
    ] as const) {
      const at = where();
      const command = printing(proofs(true), bytes, proofs(false));
      const plan = { ...referencePlan(), proofs: { command, expect: 1, timeoutSeconds: 60 } };
      expect(await runProofs(plan, at)).toEqual([]);
      expect(at.record.checks).toMatchObject([
        { id: 'proofs', status: 'inconclusive', actual: expect.stringMatching(actual) },
      ]);
    }
  });
});
