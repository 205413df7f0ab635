// What a run measured: tests, proofs, and the plan's pass criteria.
import { judgePassCriteria } from '../../report/judge-claim.ts';
import { readFacts } from '../../run/facts.ts';
import { labelOf } from '../../run/standing.ts';
import type { RunState } from '../../run/state.ts';
import { atMost } from './blocks.ts';
import { plain } from './escape.ts';
import { shortGround } from './grounds.ts';

const places = [
  ['test', 'before the commit'],
  ['stage', 'staged'],
  ['prove', 'live'],
  ['verify', 'live'],
] as const;

/** Lines of mrkdwn, from the gates of this run alone. */
export function heldLines(run: RunState): string[] {
  const seen = places.flatMap(([kind, where]) =>
    run.gates.flatMap(({ gate, result }) => {
      if (gate.kind !== kind || !result) return [];
      // All of these kinds record suites and proofs in one form.
      const { suites = [], proofs = [] } = readFacts('prove', result.facts);
      const was = run.rollback && where === 'live' ? 'live before the rollback' : where;
      const label = kind === 'test' ? '' : labelOf(run, gate.target ?? null);
      return [{ where: label ? `${was} (${plain(label)})` : was, suites, proofs }];
    }),
  );
  const tests = seen.flatMap(({ where, suites }) =>
    suites.length === 0
      ? []
      : [
          `${suites
            .toSorted((a, b) => a.total - b.total)
            .map(({ name, passed, total }) => `${plain(name)} ${passed}/${total}`)
            .join(', ')} ${where}`,
        ],
  );
  const proofs = seen.flatMap(({ where, proofs: all }) =>
    all.length === 0 ? [] : [`${all.filter(({ holds }) => holds).length}/${all.length} ${where}`],
  );
  return [
    ...(tests.length > 0 ? [`Tests: ${tests.join('; ')}`] : []),
    ...(proofs.length > 0 ? [`Proofs: ${proofs.join('; ')}`] : []),
    ...criteriaLines(run),
  ];
}

/** Of a deploy only: the criteria speak of all its gates, and the other operations have few of them. */
function criteriaLines(run: RunState): string[] {
  const judged = judgePassCriteria(run);
  if (run.operation !== 'deploy' || judged.length === 0) return [];
  const of = (status: (typeof judged)[number]['status']) => judged.filter((each) => each.status === status);
  const [held, against, silent] = [of('holds'), of('does-not-hold'), of('not-evidenced')];
  return [
    `Pass criteria: ${held.length} of ${judged.length} hold${silent.length > 0 ? `, ${silent.length} not evidenced` : ''}`,
    ...atMost(
      5,
      against.map(
        ({ title, restsOn }) =>
          `:x: Contradicted: ${plain(title)} (${plain(restsOn.map(shortGround).join('; '))})`,
      ),
      'all are in the report',
    ),
  ];
}
