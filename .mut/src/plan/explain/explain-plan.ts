// A plan in words, for somebody who has to say yes to it and never read the reference. Pure.
import type { Plan } from '../schema.ts';
import { explainChanges, explainUntouched } from './explain-changes.ts';
import { explainCommands, explainRights } from './explain-commands.ts';
import { explainClaims, explainEndings, explainFailure } from './explain-endings.ts';
import { explainGates } from './explain-gates.ts';
import { explainPeople } from './explain-people.ts';

/** Lines of plain text, in the order in which a reader asks. */
export function explainPlan(plan: Plan): string[] {
  const sections: [title: string, lines: readonly string[]][] = [
    ['WHO STARTS IT, AND WHOM IT ASKS', explainPeople(plan)],
    ['WHAT IT DOES, IN THIS ORDER', explainGates(plan)],
    ['WHAT IT MAY CHANGE', explainChanges(plan)],
    ['WHICH PROGRAMS IT RUNS', explainCommands(plan)],
    ['WITH WHAT KEYS AND SECRETS', explainRights(plan)],
    ['WHAT IT NEVER TOUCHES, BY CONSTRUCTION', explainUntouched(plan)],
    ['WHEN SOMETHING FAILS', explainFailure(plan)],
    ['WHAT IT IS HELD TO', explainClaims(plan)],
    ['HOW IT ENDS', explainEndings(plan)],
  ];
  return [
    `${plan.name}: ${plan.title}`,
    introduction(plan),
    ...sections.flatMap(([title, lines]) => ['', title, ...lines]),
  ];
}

function introduction({ mode, operation, gates, lineage }: Plan): string {
  const goesLive = gates.some(({ kind }) => kind === 'promote');
  const what =
    operation === 'rollback'
      ? 'The way back from an earlier run, as a plan'
      : goesLive
        ? 'A deploy'
        : 'A run that puts nothing live';
  const how =
    mode === 'LIVE'
      ? 'LIVE: what it says it changes, it changes'
      : 'DRYRUN: it changes nothing, and says what it would have done';
  return `${what}, of the lineage ${lineage}. ${how}.`;
}
