// What each kind of gate is for, in the words of docs/gates.md and of `interlock plan explain`. Pure.
import type { GateKind } from './schema-gates.ts';

export interface KindWords {
  /** What it decides: a sentence or two. */
  readonly decides: string;
  /** Where it runs. */
  readonly runs: string;
  /** What it changes, for kinds that change something. */
  readonly changes?: string;
  /** What else there is to know. */
  readonly more?: string;
}

const onWorker = 'on a worker of its role';

export const kindWords: { readonly [K in GateKind]: KindWords } = {
  precheck: {
    decides:
      'That the run may begin: the right machine, the repository at its baseline and clean, every host reached with its pinned key, the knowledge base writable, execution switched on.',
    runs: `${onWorker}, which must be on the machine that the plan names`,
    more: 'Everything that does not hold blocks, and nothing has been touched. Takes the first reading of every [probe](probes.md); where the world is not as it must be, the probes are not read.',
  },
  survey: {
    decides:
      'That the staged change set is exactly the ratified one, file by file, has its place in the baseline, and holds no secret.',
    runs: `${onWorker}, in the staging directory`,
    more: 'Symlinks are refused. Its bytes are read here, once, and kept by their digests in the data directory of the worker: later gates take them from there, whatever the staging directory holds by then, and one that does not find them is `blocked` with `change-set-not-here`. Of a change set that holds a secret nothing is kept.',
  },
  reconcile: {
    decides:
      'That every file which the change set modifies or removes is, in the repository, byte-equal to the baseline it was written against, and that the change set can be laid over it without a conflict.',
    runs: `${onWorker}, in a clone of its own; the repository is only read`,
    more: 'The tree is made of the bytes as they are: attributes, ignore rules and settings of the repository have no say, and no file is checked out.',
  },
  test: {
    decides:
      'That the reconciled tree holds no secret and no forbidden pattern, passes its suites with their exact counts, and behaves as its proofs claim.',
    runs: `${onWorker}, in a clone of its own`,
    more: 'What is scanned are the bytes that will be committed; what is tested is a checkout of them, byte for byte.',
  },
  artifact: {
    decides:
      'One commit whose parent is the baseline, a reproducible tarball of its tracked files, and a manifest with the sha256 of each.',
    runs: `${onWorker}, in a clone of its own`,
    changes:
      'moves the branch of the source repository forward by that one commit (compare-and-swap from the baseline), after everything else of the gate holds',
    more: 'The commit is dated by the run’s request, so a repeated gate makes the same one.',
  },
  stage: {
    decides:
      'That the artifact arrived whole on the host, unpacked equals the manifest, and passes the suite `full` there, beside the live tree.',
    runs: `${onWorker}, on the target’s host`,
    changes: 'uploads and unpacks beside the live tree, which is only read',
  },
  drift: {
    decides:
      'That everything is still as it was shown, between the approval and what it permits. What is not is compared where the run is decided: the consents are void then, and the run asks anew.',
    runs: `${onWorker}; every LIVE run that promotes or rolls back has it by itself, for each target, and no plan lists it`,
  },
  promote: {
    decides: 'That the staged tree is live and the tree that was live is the backup.',
    runs: `${onWorker}, on the target’s host`,
    changes:
      'exchanges the live tree with the staged one, atomically; the tree that was live is kept as `<live>.pre-<run>-<UTC>`. A first deploy names the staged tree so, and never replaces another',
    more: 'Needs the approval. How: [architecture](architecture.md#promote). A host that is not as it was shown blocks with `drift`.',
  },
  prove: {
    decides:
      'That what is live is what was approved, that it behaves, and that every [probe](probes.md) reads as the plan expects, held against its first reading.',
    runs: `${onWorker}, on the target’s host`,
  },
  probes: {
    decides: 'That every [probe](probes.md) reads as the plan expects, held against its first reading.',
    runs: onWorker,
    more: 'For runs that promote nothing, and as a second look of those that do.',
  },
  'rollback-readiness': {
    decides:
      'That the way back is there: the backup intact, its commands written down and rehearsed on a copy.',
    runs: `${onWorker}, on the target’s host`,
    changes:
      'copies the live tree and the backup beside the live path, exchanges the copies by the rollback’s own commands, and removes them; then, in a deploy, removes old backups beyond `keepBackups` and `keepBackupDays`',
  },
  rollback: {
    decides: 'That the tree which was live before is live again.',
    runs: `${onWorker}, on the target’s host`,
    changes:
      'exchanges the live tree with the backup, atomically; the tree that it replaces is kept as `<live>.bad-<run>`. Where nothing was live before, the live tree is taken away to there',
    more: 'Runs by itself when a gate fails after promote (`onFailureAfterPromote: rollback`), by `/rollback RUN`, and in plans with `operation: rollback`; asked for by people, it needs an approval of its own.',
  },
  verify: {
    decides:
      'The same as `prove`, by `/verify`, against the run that it names, or the run of the plan whose tree is live.',
    runs: `${onWorker}, on the target’s host; no plan lists it`,
  },
  'observe-live': {
    decides:
      'Which tree is live, after a gate that may have changed it: the anchor, the candidate, or neither. Thread, report and attestation say what was seen here, with its time.',
    runs: `${onWorker}, on the target’s host; every LIVE run that may change one has it by itself, and no plan lists it`,
    changes:
      'raises the fence, so that no command which an earlier gate of the run left behind acts any more',
    more: 'A host that does not answer is asked again until it does. `/runs abort` ends the run without an answer; it says then that what is live is not known.',
  },
  tidy: {
    decides:
      'What lies beside the live path under names that Interlock gives: what each thing is, by digest, by the host’s journal and by the ledger; and what of it is provably not the way back.',
    runs: `${onWorker}, on the target’s host; it is what \`interlock tidy\` does, and no plan lists it`,
    changes: 'with `--remove` alone: removes what is provably not the way back. Without it, it only lists',
    more: 'What is kept, and why: [rollback](rollback.md#tidying-up).',
  },
  report: {
    decides: 'That the documents and the signed evidence bundle are made.',
    runs: 'in the control plane, which alone holds the ledger and the private key',
    more: 'Ends every run, also one that was stopped. A [publication](reports.md) that fails does not change its status.',
  },
  'host-survey': {
    decides: 'What a host is like: system, free space, programs, paths that can be written to, services.',
    runs: `${onWorker}, on the host that it names`,
  },
  'command-proof': {
    decides:
      'That one command ends and speaks as expected. The command must only read: that is the word of the plan’s author.',
    runs: `${onWorker}, there or on the host that it names`,
  },
  'database-proof': {
    decides:
      'Claims about a database that SQL shows, each in a transaction that is always rolled back; see [database-proof.md](database-proof.md).',
    runs: `${onWorker}, in the database, through the host that the plan names for it`,
    more: 'Where a gate has more than one proof, each criterion begins with the id of its proof: `<proof>-reach`. A proof that is not `readOnly` needs the execution switch.',
  },
  decide: {
    decides:
      'A question that the plan asks: by a rule over what the run has found so far, or by the people who approve.',
    runs: 'in the control plane, which has the ledger',
    more: 'A run has one approval, so a plan asks people once: here or for promote. See [gaps and rulings](gaps-and-rulings.md#gates).',
  },
  'gap-review': {
    decides:
      'Which [gaps](gaps-and-rulings.md) of the lineage are open, and whether the plan may live with that.',
    runs: 'in the control plane, which has the ledger',
  },
};
