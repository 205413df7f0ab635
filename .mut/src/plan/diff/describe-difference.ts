// What a difference between two plans means, in a line for a reviewer. Pure.
import { mutatingKinds } from '../gate-traits.ts';
import type { Json } from '../schema-scalars.ts';
import type { Difference } from './compare-values.ts';

type Describe = (names: readonly string[], before: Json | undefined, after: Json | undefined) => string;

const shown = (value: Json | undefined): string => {
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.trim().replaceAll('\n', ' ⏎ ');
  return line.length > 160 ? `${line.slice(0, 157)}…` : line;
};
const change = (before: Json | undefined, after: Json | undefined) => `${shown(before)} → ${shown(after)}`;
const hex = (value: Json | undefined) => shown(value).slice(0, 12);
const sign = (before: Json | undefined) => (before === undefined ? '+' : '−');
const field = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;

/** The names of what is in a record. */
const named = (value: Json | undefined): string =>
  typeof value === 'object' && value !== null ? Object.keys(value).join(', ') : '';

/** "removed", "added", or what it was and is. */
const fate = (before: Json | undefined, after: Json | undefined): string =>
  before === undefined ? 'added' : after === undefined ? 'removed' : change(before, after);

/** The first rule whose path fits has its say; `*` stands for one name, `**` for any rest. */
const rules: readonly (readonly [path: string, describe: Describe])[] = [
  ['name', (_, a, b) => `name: ${change(a, b)}; people type another name`],
  [
    'mode',
    (_, a, b) =>
      `mode: ${change(a, b)}; ${b === 'LIVE' ? 'what was only said is now done' : 'nothing is changed any more, only said'}`,
  ],
  ['operation', (_, a, b) => `operation: ${change(a, b)}; it is another kind of run`],
  ['lineage', (_, a, b) => `lineage: ${change(a, b)}; it takes over the gaps of other runs`],
  ['machine', (_, a, b) => `machine: ${change(a, b)}; another machine must take the run`],
  ['source/machine', (_, a, b) => `source machine: ${change(a, b)}; another machine must take the run`],
  ['source/repository', (_, a, b) => `repository: ${change(a, b)}`],
  ['source/branch', (_, a, b) => `branch: ${change(a, b)}; another branch is moved forward`],
  [
    'source/baseline',
    (_, a, b) =>
      `baseline moved: ${hex(a)} → ${hex(b)}; the change set is laid over another commit, and the branch must be there`,
  ],
  [
    'changeSet/files/*',
    ([, , path = ''], a, b) =>
      a === undefined
        ? `change set: + ${path} (${hex(b)})`
        : b === undefined
          ? `change set: − ${path}`
          : `change set: ${path} has other content (${hex(a)} → ${hex(b)})`,
  ],
  [
    'changeSet/removed/*',
    ([, , path = ''], a, b) =>
      a === undefined
        ? `change set: removes ${path}`
        : b === undefined
          ? `change set: removes ${path} no more`
          : `change set: removes ${path} with other content (${hex(a)} → ${hex(b)})`,
  ],
  [
    'changeSet/removed',
    (_, a, b) => `change set: removes ${named(b) || 'nothing'}${a === undefined ? '' : ' any more'}`,
  ],
  [
    'changeSet/modes/*',
    ([, , path = ''], a, b) => `change set: mode of ${path}: ${shown(a ?? '644')} → ${shown(b ?? '644')}`,
  ],
  ['changeSet/modes', (_, a, b) => `change set: modes of new files: ${change(a, b)}`],
  ['changeSet/modified', (_, a, b) => `change set: ${change(a, b)} files modified`],
  ['changeSet/added', (_, a, b) => `change set: ${change(a, b)} files added`],
  [
    'tests/*/expect/passed',
    ([, suite = ''], a, b) => `suite ${suite}: ${change(a, b)} ${b === 1 ? 'test' : 'tests'} must pass`,
  ],
  [
    'tests/*',
    ([, suite = ''], a, b) =>
      `suite ${suite} ${a === undefined ? 'added' : b === undefined ? 'removed: it is run no more' : change(a, b)}`,
  ],
  ['proofs/expect', (_, a, b) => `proofs: ${change(a, b)} must hold`],
  ['proofs', (_, a) => `proofs ${a === undefined ? 'added' : 'removed: no behavioural proof is run'}`],
  [
    'forbiddenPatterns/*',
    ([, pattern = ''], a, b) =>
      b === undefined
        ? `forbidden pattern ${pattern} removed: it may be in the tree`
        : `forbidden pattern ${pattern}: ${a === undefined ? 'added' : change(a, b)}`,
  ],
  ['hosts/*/hostKey', ([, host = '']) => `host ${host}: another host key is pinned`],
  ['hosts/*/address', ([, host = ''], a, b) => `host ${host}: ${change(a, b)}; it is another machine`],
  ['hosts/*', ([, host = ''], a, b) => `host ${host} ${fate(a, b)}`],
  ['target/livePath', (_, a, b) => `live path: ${change(a, b)}; another directory is exchanged`],
  ['target/host', (_, a, b) => `target host: ${change(a, b)}; it goes live elsewhere`],
  [
    'targets/*/livePath',
    ([, name = ''], a, b) => `live path of ${name}: ${change(a, b)}; another directory is exchanged`,
  ],
  [
    'targets/*/host',
    ([, name = ''], a, b) => `target host of ${name}: ${change(a, b)}; it goes live elsewhere`,
  ],
  [
    'databases/*/secret',
    ([, name = ''], a, b) => `database ${name}: secret ${change(a, b)}; it may be another database`,
  ],
  [
    'probes/*',
    ([, id = ''], a, b) =>
      `probe ${id} ${a === undefined ? 'added' : b === undefined ? 'removed: what it read is observed no more' : change(a, b)}`,
  ],
  ['probes/*/expect', ([, id = ''], a, b) => `probe ${id}: expects ${change(a, b)}`],
  ['probes/*/expect/*', ([, id = '', , what = ''], a, b) => `probe ${id}: expectation ${what} ${fate(a, b)}`],
  ['gates/*', ([, name = ''], a, b) => gateFate(name, a, b)],
  [
    'gates/*/supplementary',
    ([, name = ''], _, b) =>
      `gate ${name}: ${b === true ? 'supplementary now: its failing stops nothing' : 'required now: its failing stops the run'}`,
  ],
  [
    'gates/*/tolerates/*',
    ([, name = '', , check = ''], _, b) =>
      b === undefined
        ? `gate ${name}: ${check} is tolerated no more; its failing fails the gate`
        : `gate ${name}: a failing ${check} is tolerated as part of gap ${shown(field(b, 'gap'))}`,
  ],
  ['gates/*/needs', ([, name = ''], a, b) => `gate ${name}: needs ${change(a, b)}`],
  ['gates/*/needs/*', ([, name = '', , need = ''], a) => `gate ${name}: ${sign(a)} needs ${need}`],
  [
    'approval/groups/*/members/*',
    ([, , group = '', , id = ''], a) => `approvers of ${group}: ${sign(a)} ${id}`,
  ],
  [
    'approval/groups/*/quorum',
    ([, , group = ''], a, b) =>
      `quorum of ${group}: ${change(a, b)}; ${Number(b) > Number(a) ? 'more people must consent' : 'fewer people must consent'}`,
  ],
  [
    'approval/groups/*',
    ([, , group = ''], a, b) =>
      a === undefined
        ? `approvers: group ${group} added, whose consent is needed too: ${shown(b)}`
        : `approvers: group ${group} removed, whose consent is needed no more`,
  ],
  ['approval/requesters/*', ([, , id = ''], a) => `requesters: ${sign(a)} ${id}`],
  ['approval/channels/*', ([, , id = ''], a) => `channels: ${sign(a)} ${id}`],
  ['approval/permissions/*/*', ([, , act = '', id = ''], a) => `who may ${act}: ${sign(a)} ${id}`],
  ['approval/permissions/*', ([, , act = ''], a, b) => `who may ${act}: ${change(a, b)}`],
  [
    'approval/secondFactor',
    (_, a, b) =>
      `second factor: ${change(a, b)}; ${b === 'none' ? 'a reaction alone is enough' : 'each consent needs a code'}`,
  ],
  [
    'approval/freezes/*',
    ([, , title = ''], a, b) =>
      `freeze ${title}: ${a === undefined ? `added, ${shown(b)}` : b === undefined ? 'removed: it may go live then' : change(a, b)}`,
  ],
  ['approval/expiresAfterMinutes', (_, a, b) => `an approval can be given for ${change(a, b)} minutes`],
  [
    'passCriteria/*',
    ([, id = ''], a, b) =>
      `pass criterion ${id} ${a === undefined ? 'added' : b === undefined ? 'removed: it is not held to that any more' : change(a, b)}`,
  ],
  [
    'forbiddenActions/*',
    ([, id = ''], a, b) =>
      `forbidden action ${id} ${a === undefined ? 'added' : b === undefined ? 'removed: nothing is claimed about it' : change(a, b)}`,
  ],
  [
    'gaps/*',
    ([, id = ''], a, b) =>
      `gap ${id} ${a === undefined ? 'added' : b === undefined ? 'removed: the plan no longer discloses it' : change(a, b)}`,
  ],
  ['gaps/*/status', ([, id = ''], a, b) => `gap ${id}: ${change(a, b)}`],
  ['requires/gaps/*', ([, , id = ''], a) => `requires: ${sign(a)} gap ${id} closed`],
  [
    'requires/rulings/*',
    ([, , plan = ''], a, b) =>
      `requires: ${sign(a)} a ruling on ${plan}${b === undefined ? '' : ` (${shown(field(b, 'decision'))})`}`,
  ],
  [
    'onFailureAfterPromote',
    (_, a, b) =>
      `after a failure behind promote: ${change(a, b)}; ${b === 'hold' ? 'the candidate stays live and a human is asked' : 'what was live is brought back by itself'}`,
  ],
  ['outcomes/*', ([, ending = ''], a, b) => `the ending ${ending} is called: ${change(a, b)}`],
];

/** A line; where no rule fits, the path and both values. */
export function describeDifference({ path, before, after }: Difference): string {
  const rule = rules.find(([pattern]) => fits(pattern.split('/'), path));
  if (rule) return rule[1](path, before, after);
  // An entry of a set goes by its own text.
  if ((before ?? after) === path.at(-1))
    return `${path.slice(0, -1).join('/')}: ${sign(before)} ${shown(before ?? after)}`;
  return `${path.join('/')}: ${fate(before, after)}${before === undefined && after !== undefined ? `, ${shown(after)}` : ''}`;
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length && pattern.every((name, index) => name === '*' || name === path[index])
  );
}

/** What a run no longer does without its gate of this kind. */
const losses: { readonly [kind: string]: string } = {
  survey: 'nobody holds the change set against the ratified list',
  reconcile: 'nobody holds the repository against the baseline',
  test: 'nothing is tested before the commit',
  artifact: 'the branch is not moved',
  stage: 'nothing is staged',
  promote: 'nothing goes live',
  prove: 'what is live is not proved',
  probes: 'probes are not read again by it',
  'rollback-readiness': 'the way back is not rehearsed',
  rollback: 'nothing is taken back',
  decide: 'the question is not asked',
  'gap-review': 'open gaps hold nothing up',
};

function gateFate(name: string, before: Json | undefined, after: Json | undefined): string {
  const gate = before ?? after;
  const [id, kind] = [shown(field(gate, 'id')), shown(field(gate, 'kind'))];
  const called = name === kind ? kind : `${name} (${kind})`;
  if (after === undefined) {
    const on = field(before, 'target');
    const loss = losses[kind];
    return `gate ${id} ${called} removed${loss === undefined ? '' : `: ${loss}${on === undefined ? '' : ` on ${shown(on)}`}`}`;
  }
  const does = mutatingKinds.has(kind) ? 'it changes something' : 'it only looks';
  return `gate ${id} ${called} added: ${shown(field(gate, 'title'))}; ${does}`;
}
