// The pure rooms of the house, for StrykerJS: what is mutated, by which tests it must be noticed, and how much of it at least. The
// tests are those that start nothing, so that a mutant takes a second and a room some minutes.
import { globSync } from 'node:fs';

export interface Room {
  readonly name: string;
  /** Globs of what is mutated, from the root; those with `!` are left out. */
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
  /** Percent of its mutants that the tests must notice. */
  readonly threshold: number;
}

export const rooms: readonly Room[] = [
  {
    name: 'run',
    // Without what acts: that is for the list, and for the tests on real parts.
    mutate: [
      'src/run/*.ts',
      '!src/run/{alarms,begin-run,control,coordinator,create-control,gatekeeper,ports,resolve-request,switchboard,turn-switch}.ts',
      '!src/run/{events,facts,facts-of-*,gate-result,*-error,anchor-choice,known-place,pending-decision}.ts',
    ],
    tests: [
      'test/run/{broken-lock,choose-anchor,decide,facts,observation,second-readings,supplementary,verdict,verdict-pairs}.test.ts',
      'test/approval/{ladder,policy,subject,tables,while-signed}.test.ts',
      'test/{gaps,report}/*.test.ts',
      'test/attestation/{ruling,verify,wiring}.test.ts',
    ],
    threshold: 85,
  },
  {
    name: 'approval',
    mutate: ['src/approval/*.ts'],
    tests: ['test/approval/*.test.ts'],
    threshold: 85,
  },
  {
    name: 'execution',
    mutate: ['src/execution/*.ts', '!src/execution/execution-error.ts'],
    tests: [
      'test/execution/{authorization,executor,executor-order,nonces,switch-table,wait-for-switch}.test.ts',
      'test/evidence/durability.test.ts',
    ],
    threshold: 85,
  },
  {
    name: 'gaps',
    mutate: ['src/gaps/*.ts'],
    tests: ['test/gaps/*.test.ts', 'test/gate/decide.test.ts'],
    threshold: 85,
  },
  {
    name: 'ledger',
    mutate: ['src/ledger/{event,json-value,verify-lines}.ts'],
    tests: ['test/ledger/verify-lines.test.ts', 'test/ledger/mutations.test.ts'],
    threshold: 85,
  },
  {
    name: 'attestation',
    mutate: [
      'src/attestation/*.ts',
      '!src/attestation/{attestation-error,keys,open-keys,rotate-keys,timestamp}.ts',
    ],
    tests: [
      'test/attestation/{anchors,bundle,dsse,recorded,ruling,sshsig,verify,verify-previous,wiring}.test.ts',
    ],
    threshold: 85,
  },
  {
    name: 'plan',
    mutate: [
      'src/plan/{check,criteria}*.ts',
      'src/plan/{acts,digest,expected-now,nearest-names,sections}.ts',
    ],
    tests: ['test/plan/*.test.ts'],
    threshold: 85,
  },
  {
    name: 'gate',
    mutate: [
      'src/gate/{anchor,conclude,job,journal-of-trees,last-begun,leftover-kinds,live-obstacles,names-beside}.ts',
      'src/gate/{old-trees,process-gate,recorder,redact-result,rollback-commands,signed-result}.ts',
      'src/gate/{size-words,target-obstacles,targets-to-change,void-lock}.ts',
    ],
    tests: [
      'test/gate/{decide,explain,forged-job,job-digest,leftovers,live-obstacles,locate-exchange,lock-order}.test.ts',
      'test/gate/{old-trees,precondition,pure-tables,redact-result,target-readiness}.test.ts',
      'test/control-plane/{open-result,trust}.test.ts',
      'test/run/verdict-pairs.test.ts',
    ],
    threshold: 85,
  },
  {
    name: 'slack',
    mutate: [
      'src/slack/{attempts,identify,names,pace,projection,read-reactions,read-ruling,read-words,user-groups}.ts',
      'src/slack/view/*.ts',
    ],
    tests: [
      'test/slack/{fit-to-limits,handle-once,hold,identify,messages,missed-votes,projection,read-ruling}.test.ts',
      'test/red-team/slack-markup.test.ts',
    ],
    threshold: 85,
  },
];

/** What a room mutates under `root`, sorted. */
export function filesOf({ mutate }: Room, root: string): string[] {
  const leftOut = globs(
    mutate.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)),
    root,
  );
  return globs(
    mutate.filter((glob) => !glob.startsWith('!')),
    root,
  ).filter((file) => !leftOut.includes(file));
}

/** Its test files under `root`, sorted. */
export function testsOf({ tests }: Room, root: string): string[] {
  return globs(tests, root);
}

function globs(patterns: readonly string[], cwd: string): string[] {
  return [...new Set(globSync([...patterns], { cwd }))].sort();
}
