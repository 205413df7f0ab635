// In what state a run leaves the repository and the live path: what a reader of a stopped run asks first. Pure.
import { allTargets } from '../plan/sections.ts';
import { readFacts } from '../run/facts.ts';
import type { Mutation } from '../run/gate-result.ts';
import { factsOf, type GateState, type RunState } from '../run/state.ts';
import { code, shortCommit } from './markdown.ts';

export interface WhereThingsStand {
  readonly repository: 'unmoved' | 'committed' | 'unknown';
  readonly live: 'unchanged' | 'candidate' | 'restored' | 'unknown';
}

/** Rests on the ledger: on gates that passed, and on the journals of those that did not. */
export function whereThingsStand(run: RunState): WhereThingsStand {
  const promoted = effect(run, 'promote', 'host.exchange');
  const rolledBack = effect(run, 'rollback', 'host.exchange');
  return {
    repository: ({ none: 'unmoved', done: 'committed', unknown: 'unknown' } as const)[
      effect(run, 'artifact', 'repository.fast-forward')
    ],
    live: liveAfter(promoted, rolledBack),
  };
}

type Effect = 'none' | 'done' | 'unknown';

function liveAfter(promoted: Effect, rolledBack: Effect): WhereThingsStand['live'] {
  if (rolledBack === 'done') return 'restored';
  if (rolledBack === 'unknown') return 'unknown';
  return ({ none: 'unchanged', done: 'candidate', unknown: 'unknown' } as const)[promoted];
}

function effect(run: RunState, kind: GateState['gate']['kind'], mutation: Mutation['kind']): Effect {
  const tried = run.gates.filter((each) => each.gate.kind === kind && each.attempt > 0);
  if (run.mode === 'DRYRUN') return 'none';
  const effects = tried.map((gate) => effectOf(gate, mutation));
  return effects.find((each) => each === 'unknown') ?? effects.find((each) => each === 'done') ?? 'none';
}

function effectOf(gate: GateState, mutation: Mutation['kind']): Effect {
  if (gate.status === 'pass') return 'done';
  if (gate.result === null || gate.status === 'inconclusive') return 'unknown';
  return gate.result.mutations.some((each) => each.kind === mutation && !each.simulated) ? 'unknown' : 'none';
}

/** The two sentences for people, in Markdown. */
export function sayWhereThingsStand(run: RunState): string[] {
  const { repository, live } = whereThingsStand(run);
  const { branch = '', repository: path = '' } = run.plan.source ?? {};
  const targets = allTargets(run.plan);
  const planned = (kind: string) => run.gates.some(({ gate }) => gate.kind === kind);
  const facts = factsOf(run);
  const commit = readFacts('artifact', facts['artifact']).commit;
  const { badPath } = readFacts('rollback', facts['rollback']);
  const deployed = live === 'candidate' ? '' : '; the commit is there and the deploy is not';
  const where = targets.map(({ livePath, host }) => `${code(livePath)} on ${host}`).join(' and ');
  const repositories = {
    unmoved: `The repository ${code(path)} is where it was: this run did not move its branch ${code(branch)}.`,
    committed: `The branch ${code(branch)} of ${code(path)} is at ${code(commit ? shortCommit(commit) : 'the new commit')}${deployed}.`,
    unknown: `It is not known whether ${code(branch)} of ${code(path)} moved: look at it before the next run.`,
  };
  const lives = {
    unchanged: `The live path ${where} was not changed by this run.`,
    candidate: `The live path ${where} holds what this run delivered.`,
    restored: `The live path ${where} holds the earlier tree again${badPath ? `; the tree that was taken out lies at ${code(badPath)}` : ''}.`,
    unknown: `It is not known which tree the live path ${where} holds: look at it before anything else.`,
  };
  return [
    run.operation === 'deploy' && run.plan.source && planned('artifact') ? repositories[repository] : '',
    targets.length > 0 ? lives[live] : '',
  ].filter((line) => line !== '');
}
