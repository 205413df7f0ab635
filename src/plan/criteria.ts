// The criteria that each kind of gate decides, by the ids that plans and reports use. docs/gates.md is written from this table,
// claims are checked against it, and a test holds it against the jobs.
import { beforeAnyChange } from './criteria-before-change.ts';
import { artifactCriteria, reconcileCriteria, surveyCriteria } from './criteria-change-set.ts';
import { criteriaOfTidy } from './criteria-of-tidy.ts';
import { asked, type Criterion, onTheWayBack, withFull, withProofs, withSource } from './criterion.ts';
import { asksPeople } from './outline.ts';
import type { GateKind } from './schema-gates.ts';

const liveTreeCriteria: readonly Criterion[] = [
  { id: 'live-tree', holds: 'the live tree equals the manifest, file by file' },
  {
    id: 'suite-full',
    holds: 'the suite `full` passes on the live tree with exactly its count',
    only: withFull,
  },
  { id: 'proofs', holds: 'every behavioural proof holds on the live tree', only: withProofs },
  { id: 'tree-after', holds: 'tests and proofs left the live tree as it was' },
  { id: 'probe-<probe>', holds: 'the probe reads as the plan expects, held against its first reading' },
];

export const criteria: { readonly [K in GateKind]: readonly Criterion[] } = {
  precheck: [
    { id: 'machine', holds: 'the worker is on the machine that the plan names, and the repository is there' },
    { id: 'branch', holds: 'the repository is on its branch', only: withSource },
    { id: 'baseline', holds: 'the repository is at the baseline', only: withSource },
    { id: 'clean', holds: 'the repository has no uncommitted change', only: withSource },
    {
      id: 'unlocked',
      holds:
        'no lock file of git is in the way of the commit: `index.lock`, or that of HEAD or of the branch',
      only: { when: 'the plan has a `changeSet`', by: ({ changeSet }) => changeSet !== null },
    },
    {
      id: 'shippable',
      holds:
        'all of the baseline can ship as it is: no submodule, no pointer of git-lfs or git-annex, no `export-ignore` or `export-subst`, no path into a `.git`',
      only: {
        when: 'the plan has a `changeSet`, and the repository is at the baseline',
        by: ({ changeSet }) => changeSet !== null,
      },
    },
    { id: 'ssh-<host>', holds: 'the host answers over SSH, with the pinned host key' },
    ...beforeAnyChange,
    {
      id: 'knowledge-base',
      holds: 'the place of the [reports](reports.md) can be read and written, as the control plane saw it',
    },
    {
      id: 'requires-<gap>',
      holds: 'the [gap](gaps-and-rulings.md) of the lineage was closed when the run was asked for',
      only: { when: '`requires.gaps` names it', by: () => true },
    },
    {
      id: 'ruling-<plan>',
      holds:
        'the last finished run of the plan was [ruled on](gaps-and-rulings.md#rulings) as this plan requires',
      only: { when: '`requires.rulings` names it', by: () => true },
    },
    {
      id: 'execution',
      holds: 'Interlock’s execution switch is on',
      only: { when: 'the run is LIVE', by: () => true },
    },
    { id: 'probe-<probe>', holds: 'the probe could be read, and reads what the plan expects of it now' },
  ],
  survey: surveyCriteria,
  reconcile: reconcileCriteria,
  test: [
    { id: 'tree', holds: 'the tree under test is the reconciled one' },
    { id: 'secrets', holds: 'no secret in the tree' },
    { id: 'forbidden-patterns', holds: 'no forbidden pattern in the tree' },
    {
      id: 'suite-<suite>',
      holds: 'the suite passes with exactly its count: fewer is a fail, and so is more',
    },
    { id: 'proofs', holds: 'every behavioural proof holds', only: withProofs },
  ],
  artifact: artifactCriteria,
  stage: [
    { id: 'exchangeable', holds: 'the live path is a plain directory that can be exchanged' },
    { id: 'space', holds: 'the host has enough free space and inodes' },
    { id: 'exchange', holds: 'two directories can be exchanged atomically there, by trial' },
    { id: 'transfer', holds: 'the artifact arrived whole' },
    { id: 'staged-tree', holds: 'every staged file equals the manifest' },
    {
      id: 'suite-full',
      holds: 'the suite `full` passes in the staged tree with exactly its count',
      only: withFull,
    },
    { id: 'tree-after', holds: 'the tests left the staged tree as it was', only: withFull },
  ],
  drift: [
    { id: 'live-tree', holds: 'the live tree was read' },
    { id: 'staged-tree', holds: 'the staged tree is the approved one' },
    {
      id: 'backup-path',
      holds: 'nothing lies where the backup will be',
      only: { when: 'something is live that is kept', by: () => true },
    },
    { id: 'branch', holds: 'the head of the branch was read' },
    { id: 'probe-<probe>', holds: 'the probe was read' },
    { id: 'anchor', holds: 'the anchor is the approved one', only: onTheWayBack },
  ],
  promote: [
    { id: 'live-tree', holds: 'the live tree equals the manifest, file by file' },
    { id: 'backup', holds: 'the backup is what was live; for a first deploy, that nothing was' },
  ],
  'observe-live': [{ id: 'live', holds: 'what is live was read, behind the fence' }],
  tidy: criteriaOfTidy,
  prove: liveTreeCriteria,
  probes: [
    { id: 'probe-<probe>', holds: 'the probe reads as the plan expects, held against its first reading' },
  ],
  'rollback-readiness': [
    {
      id: 'anchor',
      holds: 'the backup is intact; where nothing was live before, that the way back is removal',
    },
    { id: 'live', holds: 'what is live is what the run to be taken back has promoted', only: onTheWayBack },
    {
      id: 'position',
      holds: 'the host shows how far the promote that is taken back had come',
      only: { when: 'the run is a way back from a promote that was cut off', by: onTheWayBack.by },
    },
    { id: 'commands', holds: 'the way back is written down' },
    { id: 'rehearsal', holds: 'the very commands bring a copy back to the anchor' },
  ],
  rollback: [
    { id: 'restored-tree', holds: 'the live tree is the anchor again, or nothing where nothing was' },
    {
      id: 'nothing-to-take-back',
      holds: 'nothing is exchanged',
      // Whether it is decided shows only when the host has been looked at.
      only: { when: 'the promote had changed nothing', by: () => false },
    },
  ],
  verify: liveTreeCriteria,
  report: [
    {
      id: 'documents',
      holds: 'there is one document for each gate label, and the final one',
    },
    { id: 'bundle', holds: 'the evidence bundle is signed' },
    { id: 'claims', holds: 'no claim of the plan is contradicted by a run that passed' },
  ],
  'host-survey': [
    { id: 'system', holds: 'the system is as expected; without an expectation it is read and shown' },
    { id: 'free-space', holds: 'enough free space where the path lies', only: asked('freeBytes') },
    { id: 'tools-present', holds: 'the programs are found', only: asked('tools', 'present') },
    { id: 'tools-absent', holds: 'the programs are not found', only: asked('tools', 'absent') },
    {
      id: 'services',
      holds: 'the services could be listed',
      // It is decided where it does not hold; a claim on it would never be evidenced.
      only: { when: 'services are asked for and the host has no systemd', by: () => false },
    },
    { id: 'services-running', holds: 'the services run', only: asked('services', 'running') },
    { id: 'services-not-running', holds: 'the services do not run', only: asked('services', 'notRunning') },
    { id: 'writable', holds: 'the login may write to the paths', only: asked('writable') },
    { id: 'not-writable', holds: 'the login may not write to the paths', only: asked('notWritable') },
  ],
  'command-proof': [
    { id: 'exit-code', holds: 'the command exits as expected' },
    { id: 'output', holds: 'its output matches', only: asked('expect', 'stdout') },
    { id: 'tests', holds: 'exactly the expected tests pass', only: asked('expect', 'tests') },
    { id: 'proofs', holds: 'so many proofs hold', only: asked('expect', 'proofs') },
  ],
  'database-proof': [
    { id: 'reach', holds: 'all that the proof can reach was read, or is trusted by name' },
    {
      id: 'step-<n>-<what>',
      holds:
        'the step did what the plan expects: `error`, `row-count`, `value`, `rows`, `change-<table>`, `count-<table>`',
    },
    {
      id: 'read-only',
      holds: 'PostgreSQL gave no transaction id: nothing was written',
      only: { when: 'the proof is `readOnly`', by: () => true },
    },
    {
      id: 'deferred-constraints',
      holds: 'a commit would have been accepted',
      only: { when: 'the proof is not `readOnly`', by: () => true },
    },
    { id: 'transaction', holds: 'the server says that the transaction was aborted' },
    { id: 'rows-<table>', holds: 'the watched table holds what it held, and no row of the proof' },
    { id: 'leaked', holds: 'no row of the proof is in any watched table' },
    { id: 'sequences', holds: 'no sequence was advanced but those that the plan allows' },
    { id: 'session', holds: 'nothing outlived the rollback in the session' },
    { id: 'prepared-transactions', holds: 'no prepared transaction appeared' },
  ],
  decide: [
    {
      id: 'when-<n>',
      holds: 'the evidence of that number in `when` supports the decision',
      only: { when: 'a rule decides', by: () => true },
    },
    {
      id: 'when',
      holds: 'the rule rests on evidence',
      only: { when: 'a rule has none, and so never holds', by: () => false },
    },
    {
      id: 'consent',
      holds: 'the quorum of every group has consented',
      only: { when: 'people decide', by: (_, gate) => asksPeople(gate) },
    },
    { id: 'decision', holds: 'it is decided as the plan says: all that it rests on holds' },
  ],
  'gap-review': [
    {
      id: 'closed-<gap>',
      holds: 'the gap is closed',
      only: { when: '`mustBeClosed` names it', by: () => true },
    },
    {
      id: 'open-<gap>',
      holds: 'the gap is closed; while it is not, the gate is partial',
      only: { when: '`partialWhileOpen` names it', by: () => true },
    },
    { id: 'register', holds: 'the gap register of the lineage was read' },
  ],
};
