import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputCollector } from '../../src/host/collect-output.ts';

const ascii = fc.string({ unit: fc.constantFrom(...'abcdefgh'), maxLength: 20 });

test('keeps the first or the last bytes, however they arrive, and measures all of them', () => {
  const property = fc.property(fc.array(ascii), fc.integer({ min: 0, max: 60 }), (chunks, limit) => {
    const whole = chunks.join('');
    const first = new OutputCollector('first', limit);
    const last = new OutputCollector('last', limit);
    for (const chunk of chunks) {
      first.add(Buffer.from(chunk));
      last.add(Buffer.from(chunk));
    }
    const sha256 = createHash('sha256').update(whole).digest('hex');
    const measure = { bytes: whole.length, sha256, truncated: whole.length > limit };
    expect(first.finish()).toEqual({ ...measure, text: whole.slice(0, limit) });
    expect(last.finish()).toEqual({ ...measure, text: limit === 0 ? '' : whole.slice(-limit) });
  });
  fc.assert(property);
});
