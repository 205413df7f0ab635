import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeProofs, type Proof, parseProofs } from '../../src/evidence/proofs.ts';

const proof = (id: string, holds = true): Proof => ({ id, claim: `claim of ${id}`, holds, detail: 'seen' });
const line = (proofs: unknown) => JSON.stringify({ proofs });

const proofLists = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1 }), claim: fc.string({ minLength: 1 }), holds: fc.boolean() }),
  { minLength: 1, selector: ({ id }) => id },
);

describe('a harness’s output', () => {
  test('is read among other lines', () => {
    const noise = fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '{', '}', '#', '"') }));
    fc.assert(
      fc.property(proofLists, noise, noise, (proofs, before, after) => {
        expect(parseProofs([...before, line(proofs), ...after].join('\n'))).toEqual({ ok: true, proofs });
      }),
    );
  });

  test.each([
    ['nothing', '', 'no-proofs'],
    ['no proof', line([]), 'no-proofs'],
    ['half a line', line([proof('P-1')]).slice(0, -2), 'no-proofs'],
    ['a proof that does not say whether it holds', line([{ id: 'P-1', claim: 'x' }]), 'no-proofs'],
    ['a proof that holds only nearly', line([{ id: 'P-1', claim: 'x', holds: 'true' }]), 'no-proofs'],
    ['two lines of proofs', `${line([proof('P-1')])}\n${line([proof('P-1')])}`, 'ambiguous'],
    ['the same proof twice', line([proof('P-1', false), proof('P-1')]), 'duplicate-id'],
  ])('with %s is no result', (_, text, code) => {
    const parsed = parseProofs(text);
    expect(parsed).toMatchObject({ ok: false, code });
    expect(judgeProofs(parsed, 1).verdict).toBe('inconclusive');
  });
});

test('proofs pass exactly when all hold and their number is the expected one', () => {
  fc.assert(
    fc.property(proofLists, fc.nat({ max: 12 }), (proofs, expected) => {
      const { verdict, total, holding, failed } = judgeProofs({ ok: true, proofs }, expected);
      const all = proofs.every(({ holds }) => holds);
      expect(verdict).toBe(all && proofs.length === expected ? 'pass' : 'fail');
      expect(total).toBe(proofs.length);
      expect(holding + failed.length).toBe(total);
    }),
  );
});
