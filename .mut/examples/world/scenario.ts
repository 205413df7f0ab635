/** What is different in the world, or happens to it. `wrong-host` and `reject` differ in what people do: the world is as in `pass`. */
export const SCENARIOS = [
  'pass',
  'wrong-host',
  'drift',
  'secret',
  'failing-test',
  'failing-proof',
  'reject',
  'row-count-change',
] as const;

export type Scenario = (typeof SCENARIOS)[number];
