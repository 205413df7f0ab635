import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/evidence/redact.ts';
import { Secret } from '../../src/evidence/secret.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { redactResult } from '../../src/gate/redact-result.ts';
import type { CommandResult } from '../../src/host/host.ts';
import { gateResultSchema } from '../../src/run/gate-result.ts';
import { gateResult } from '../fixtures/slack-runs.ts';

const { redact } = createRedactor({ literals: [new Secret('quiet-word-of-ours', 'loaded')] });

describe('the result of a gate, when it leaves its worker', () => {
  it('has no secret in its reason, facts and mutations, and is as before otherwise', () => {
    const honest = gateResult('stage');
    const result = redactResult(
      gateResult('stage', {
        status: 'fail',
        reason: { code: 'transfer', text: 'expected quiet-word-of-ours' },
        facts: {
          ...honest.facts,
          list: ['x', { 'quiet-word-of-ours': 'a quiet-word-of-ours b' }],
          api_tokens: 158,
          apiToken: 'abc123',
          'of quiet-word-of-ours': 1,
        },
        mutations: [
          {
            kind: 'host.upload',
            machine: 'contabo',
            target: '/srv/quiet-word-of-ours',
            detail: 'password=hunter2-of-ours',
            at: '2026-05-21T05:31:41.000Z',
            simulated: false,
          },
        ],
      }),
      redact,
    );
    expect(JSON.stringify(result)).not.toMatch(/quiet-word|hunter2/);
    expect(result.reason?.text).toBe('expected [redacted:loaded]');
    expect(result.facts).toMatchObject({
      ...honest.facts,
      list: ['x', { '[redacted:loaded]': 'a [redacted:loaded] b' }],
      // A count and a digest are no secrets for being called after one.
      api_tokens: 158,
      apiToken: 'abc123',
      'of [redacted:loaded]': 1,
    });
    expect(result.evidence).toEqual(honest.evidence);
    expect(gateResultSchema.safeParse(result).success).toBe(true);
    expect(redactResult(honest, redact)).toEqual(honest);
  });
});

describe('evidence of output that was cut', () => {
  it('ends with a whole line, so that no half of a credential stands there', () => {
    const half = 'quiet-word-of';
    const result: CommandResult = {
      host: 'web-1',
      title: 'cut',
      argv: ['cat'],
      exitCode: 0,
      stdout: `first\nsecond ${half}`,
      stderr: `${half.slice(5)}\nlast\n`,
      stdoutBytes: 1e7,
      stdoutSha256: 'a'.repeat(64),
      stdoutTruncated: true,
      stderrBytes: 1e7,
      stderrSha256: 'b'.repeat(64),
      stderrTruncated: true,
      startedAt: '2026-05-21T05:31:41.000Z',
      durationMs: 1,
    };
    const record = createRecorder(redact);
    record.keepCommand('cut output', result);
    const text = record.evidence[0]?.text ?? '';
    expect(text).toContain('--- stdout\nfirst\n[… cut here …]\n--- stderr\n[… cut here …]\nlast\n');
    expect(text).not.toContain('word-of');
    record.keepCommand('whole output', { ...result, stdoutTruncated: false, stderrTruncated: false });
    expect(record.evidence[1]?.text).toContain(`second ${half}`);
  });
});

describe('what a gate keeps', () => {
  it('has no secret in the title of evidence, nor in what a criterion is called, expected and saw', () => {
    const record = createRecorder(redact);
    record.keep('what quiet-word-of-ours says', 'it says quiet-word-of-ours');
    record.check('c', 'of quiet-word-of-ours', false, {
      ...{ expected: 'quiet-word-of-ours', actual: 'no quiet-word-of-ours' },
    });
    expect(JSON.stringify([record.evidence, record.checks])).not.toContain('quiet-word');
    expect(record.evidence[0]?.title).toBe('what [redacted:loaded] says');
  });
});
