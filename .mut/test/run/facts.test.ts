import { describe, expect, it } from 'vitest';
import { readFacts, requireFacts } from '../../src/run/facts.ts';
import { factsWith, referenceFacts } from '../fixtures/reference-facts.ts';

describe('facts of a gate', () => {
  it('are whole for a gate that depends on them', () => {
    expect(requireFacts('artifact', factsWith('artifact'))).toEqual(referenceFacts.artifact);
    expect(() => requireFacts('artifact', { commit: 'short' })).toThrow(
      expect.objectContaining({ name: 'ZodError' }),
    );
    expect(() => requireFacts('artifact', undefined)).toThrow(expect.objectContaining({ name: 'ZodError' }));
  });

  it('are what there is for a report, field by field', () => {
    const facts = factsWith('test', { proofs: 'none', extra: 1 });
    expect(readFacts('test', facts)).toEqual({
      suites: referenceFacts.test.suites,
      forbiddenPatterns: referenceFacts.test.forbiddenPatterns,
      secrets: referenceFacts.test.secrets,
    });
    expect(readFacts('test', undefined)).toEqual({});
    expect(readFacts('test', 'not facts')).toEqual({});
  });
});
