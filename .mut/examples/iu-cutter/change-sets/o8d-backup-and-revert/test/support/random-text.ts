/** A source of numbers in [0, 1) that a seed determines (mulberry32): a case that fails can be run again by its seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A few sections of a few sentences of few words: two such texts often share units, and often do not. */
export function randomText(random: () => number): string {
  const pick = (count: number) => Math.floor(random() * count);
  const sentence = () =>
    `The ${['door', 'room', 'key'][pick(3)]} is ${['open', 'shut', 'gone', "the reader's"][pick(4)]}.`;
  const paragraphs = () => Array.from({ length: pick(4) }, () => `${sentence()}\n`);
  const items = () => Array.from({ length: pick(3) }, () => `- ${sentence()}`);
  const sections = Array.from({ length: 1 + pick(3) }, (_, at) =>
    [`# Part ${at + 1}`, '', ...paragraphs(), ...items(), ''].join('\n'),
  );
  return sections.join('\n');
}
