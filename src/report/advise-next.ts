// What to do once a run has ended, by what it left behind: sentences, and the very commands that work then. Pure. Each kind of
// advice is followed by a test (test/fixtures/follow-advice.ts): none is given that nobody has tried.
import { shellQuote } from '../host/command.ts';
import { promotesToTakeBack } from '../run/choose-anchor.ts';
import { standingsOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import { wentLive } from '../run/target.ts';
import type { Verdict } from '../run/verdict.ts';
import { commitLeftBy } from './commit-left.ts';
import { leavesStaged } from './staged-left.ts';
import { whereThingsStand } from './where-things-stand.ts';

export const adviceIds = [
  'again',
  'for-real',
  'roll-back',
  'look-again',
  'branch-back',
  'branch-somewhere',
  'look-at-branch',
  'go-on-from-there',
  'tidy',
] as const;

export interface Advice {
  readonly id: (typeof adviceIds)[number];
  /** One sentence in plain words, without its commands. */
  readonly say: string;
  /** What is typed then, in this order: slash commands, and lines for a POSIX shell on the repository's machine, or on the control plane's where `say` names that. */
  readonly type: readonly string[];
  /** What is written into a plan instead. */
  readonly write?: string;
}

export interface Next {
  /** Whether its reason must be mended before anything is asked for again. */
  readonly mend: boolean;
  readonly advice: readonly Advice[];
  /** What the plan itself has next: for now, for after a run that passes, or for another run than this. */
  readonly planned: 'now' | 'later' | 'no';
}

type Git = readonly string[];

/** `verdict` is that of the run, or will be when it has ended. */
export function adviseNext(run: RunState, verdict: Verdict): Next {
  const isDone = verdict === 'PASS' || verdict === 'PARTIAL';
  // What it found says itself what is to be typed about it.
  if (run.operation === 'tidy') return { mend: !isDone && verdict !== 'DRYRUN', advice: [], planned: 'no' };
  if (verdict === 'DRYRUN') return { mend: false, advice: [forReal(run)], planned: 'later' };
  switch (run.operation) {
    case 'deploy':
      return isDone
        ? { mend: false, advice: [], planned: 'now' }
        : { mend: true, advice: afterStop(run), planned: 'later' };
    case 'verify':
      return isDone
        ? { mend: false, advice: [], planned: 'now' }
        : { mend: true, advice: [again(run), rollBack(run.subjectRun ?? '')], planned: 'later' };
    case 'rollback': {
      const isOwnPlan = run.plan.operation === 'rollback';
      return isDone
        ? { mend: false, advice: branchAfterRollback(run), planned: isOwnPlan ? 'now' : 'no' }
        : { mend: true, advice: afterStoppedRollback(run), planned: isOwnPlan ? 'later' : 'no' };
    }
  }
}

/** Its words without their full stop, and what is typed or written then; null where there is nothing to type. */
export function partsOf({ say, type, write }: Advice): {
  readonly words: string;
  readonly text: string | null;
} {
  const text = write ?? (type.length > 0 ? type.join(' && ') : null);
  return { words: text === null ? say : say.replace(/\.$/, ':'), text };
}

function afterStop(run: RunState): Advice[] {
  const lives = standingsOf(run).map(({ live }) => live);
  if (lives.some((live) => live === 'candidate' || live === 'unknown'))
    return [
      ...(promotesToTakeBack(run).length > 0 ? [rollBack(run.runId)] : []),
      ...(lives.every((live) => live === 'candidate') && wentLive(run) ? [lookAgain(run.runId)] : []),
      ...(lives.includes('unknown') ? [] : onFromThere(run)),
    ];
  const { repository } = whereThingsStand(run);
  const tidy = leavesStaged(run) ? [tidyUp(run.runId)] : [];
  if (repository === 'unknown') return [...lookAtBranch(run), again(run), ...tidy];
  return repository === 'committed'
    ? [...branchBack(run), again(run), ...onFromThere(run), ...tidy]
    : [again(run), ...tidy];
}

function afterStoppedRollback(run: RunState): Advice[] {
  const ways = run.gates.filter(({ gate }) => gate.kind === 'rollback');
  return ways.every(({ status }) => status === 'pass') ? branchAfterRollback(run) : [again(run)];
}

function branchAfterRollback(run: RunState): Advice[] {
  const left = commitLeftBy(run);
  if (!left) return [];
  return left.repository === null
    ? [
        {
          id: 'branch-somewhere',
          say: `The branch ${left.branch} of the source repository still holds the commit ${left.commit}, which is not live any more. This says which repository that is, and where the report of the run ${run.subjectRun} lies.`,
          type: [`/runs ${run.subjectRun}`],
        },
      ]
    : [...branchBack(run), ...onFromThere(run)];
}

/** The same request once more. */
function again(run: RunState): Advice {
  const { operation, plan, subjectRun, mode } = run;
  const dry = operation === 'deploy' && mode === 'DRYRUN' && plan.mode === 'LIVE' ? ' --dry-run' : '';
  const subject = operation === 'deploy' || plan.operation === 'rollback' ? plan.name : (subjectRun ?? '');
  return { id: 'again', say: 'Start it anew.', type: [`/${operation} ${subject}${dry}`] };
}

function forReal(run: RunState): Advice {
  const { type } = again({ ...run, mode: 'LIVE' });
  return {
    id: 'for-real',
    say:
      run.plan.mode === 'LIVE'
        ? 'Nothing was done for real. Start it for real.'
        : 'Nothing was done for real, since the plan is one of mode DRYRUN. Set it to LIVE, have that reviewed, and start it.',
    type,
  };
}

function rollBack(runId: string): Advice {
  return {
    id: 'roll-back',
    say: 'Take it back: this looks at the host, says what it would bring back, and asks for an approval of its own.',
    type: [`/rollback ${runId}`],
  };
}

function lookAgain(runId: string): Advice {
  return {
    id: 'look-again',
    say: 'Or keep it, and measure once more; that changes nothing.',
    type: [`/verify ${runId}`],
  };
}

function branchBack(run: RunState): Advice[] {
  const left = commitLeftBy(run);
  if (!left || left.repository === null) return [];
  const { repository, branch, commit, baseline } = left;
  const kept = `stopped-${left.run.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;
  return [
    {
      id: 'branch-back',
      say: `The branch ${branch} of ${repository} holds the commit ${commit}, and what it was made for is not live. The plan ${left.plan} starts from ${baseline}, so put the branch back to that before it is run again. The command keeps the commit as the branch ${kept}. It refuses when something was committed on top, or when a file would be lost.`,
      type: backTo({ repository, branch, baseline }, [
        ['merge-base', '--is-ancestor', branch, commit],
        ['branch', '--force', kept, commit],
      ]),
    },
  ];
}

/** The commit is not known, so people see first what there is. */
function lookAtBranch(run: RunState): Advice[] {
  const { source } = run.plan;
  if (!source) return [];
  const { repository, branch, baseline } = source;
  return [
    {
      id: 'look-at-branch',
      say: `It is not known whether the branch ${branch} of ${repository} moved. This lists what came after the plan’s baseline: nothing, or the one commit of this run.`,
      type: [git(repository, ['log', '--oneline', `${baseline}..${branch}`])],
    },
    {
      id: 'branch-back',
      say: 'If it is the commit of this run alone, put the branch back; the command refuses when a file would be lost.',
      type: backTo({ repository, branch, baseline }),
    },
  ];
}

function onFromThere(run: RunState): Advice[] {
  const left = commitLeftBy(run);
  if (!left || left.repository === null) return [];
  return [
    {
      id: 'go-on-from-there',
      say: 'Or go on from that commit: the next plan has a change set of those files alone that differ from it, and, under its source, this baseline.',
      write: `baseline: ${left.commit}`,
      type: [],
    },
  ];
}

function tidyUp(runId: string): Advice {
  return {
    id: 'tidy',
    say: 'What this run staged may still lie beside the live path. On the control plane’s machine, where Interlock is installed and its configuration is interlock.yaml, this lists it and changes nothing. With --remove at its end it removes what is no way back.',
    type: [`npm run -s interlock -- -c interlock.yaml tidy ${shellQuote(runId)}`],
  };
}

function backTo(
  {
    repository,
    branch,
    baseline,
  }: { readonly repository: string; readonly branch: string; readonly baseline: string },
  first: readonly Git[] = [],
): string[] {
  return [['switch', '--quiet', branch], ...first, ['reset', '--keep', baseline]].map((args) =>
    git(repository, args),
  );
}

function git(repository: string, args: Git): string {
  return ['git', '-C', repository, ...args].map(shellQuote).join(' ');
}
