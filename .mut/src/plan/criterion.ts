// One criterion of a kind of gate, and when it is decided at all. Pure.
import type { Outline, OutlinedGate } from './outline.ts';

export interface Criterion {
  /** With `<host>`, `<target>`, `<suite>`, `<probe>`, `<n>`, `<table>` or `<what>` where there is one for each of them. */
  readonly id: string;
  readonly holds: string;
  /** When it is decided at all; without it always. */
  readonly only?: { readonly when: string; readonly by: (plan: Outline, gate: OutlinedGate) => boolean };
}

export const withSource: NonNullable<Criterion['only']> = {
  when: 'the plan has a `source`',
  by: ({ source }) => source !== null,
};
export const withProofs: NonNullable<Criterion['only']> = {
  when: 'the plan has `proofs`',
  by: ({ proofs }) => proofs !== undefined,
};
export const withFull: NonNullable<Criterion['only']> = {
  when: 'the plan has a suite `full`',
  by: ({ tests }) => Object.hasOwn(tests, 'full'),
};
export const onTheWayBack: NonNullable<Criterion['only']> = {
  when: 'the run is a way back',
  by: ({ operation }) => operation === 'rollback',
};

/** When a gate's own parameters ask for it. */
export function asked(...path: readonly string[]): NonNullable<Criterion['only']> {
  return {
    when: `\`${path.join('.')}\` asks for it`,
    by: (_, gate) => {
      const value = path.reduce<unknown>(
        (at, key) =>
          typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined,
        gate.with,
      );
      return Array.isArray(value) ? value.length > 0 : value !== undefined;
    },
  };
}
