// Every function that builds commands, called with hostile parameters. A new one without a row here fails the test beside.

import { commandProof } from '../../jobs/command-proof.ts';
import type { GateContext, Observer } from '../../src/gate/context.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { rollbackSteps } from '../../src/gate/rollback-commands.ts';
import { runProofs, runSuite } from '../../src/gate/run-suite.ts';
import { type Command, script } from '../../src/host/command.ts';
import { doNothing, fenced, setFence } from '../../src/host/commands/mutate-fence.ts';
import { appendJournal } from '../../src/host/commands/mutate-journal.ts';
import { beginNonce, endNonce } from '../../src/host/commands/mutate-nonce.ts';
import {
  copyTree,
  makeDirectory,
  removeSeen,
  removeStaged,
  renameToBackup,
  unpackTarGz,
} from '../../src/host/commands/mutate-tree.ts';
import { listBeside } from '../../src/host/commands/observe-beside.ts';
import { containers } from '../../src/host/commands/observe-containers.ts';
import { cronState } from '../../src/host/commands/observe-cron.ts';
import { diskSpace } from '../../src/host/commands/observe-disk.ts';
import { fileState } from '../../src/host/commands/observe-file.ts';
import { gitState } from '../../src/host/commands/observe-git.ts';
import { readJournal } from '../../src/host/commands/observe-journal.ts';
import { lockHolderAt, lockSightAt } from '../../src/host/commands/observe-lock.ts';
import { nonceAt } from '../../src/host/commands/observe-nonce.ts';
import { pathFacts } from '../../src/host/commands/observe-path.ts';
import { listeningPorts } from '../../src/host/commands/observe-ports.ts';
import { hostReadiness } from '../../src/host/commands/observe-readiness.ts';
import { serviceInstances } from '../../src/host/commands/observe-service-instances.ts';
import { serviceUnits } from '../../src/host/commands/observe-services.ts';
import { findTools, pathWritability } from '../../src/host/commands/observe-tools.ts';
import { treeListing } from '../../src/host/commands/observe-tree.ts';
import { exchangeCommand, exchangeTrials } from '../../src/host/exchange.ts';
import { EXCHANGE_WAYS, PLACING_WAYS } from '../../src/host/exchange-programs.ts';
import type { CommandResult } from '../../src/host/host.ts';
import { holdLock, underCommitLock } from '../../src/host/lock.ts';
import { killMarked } from '../../src/host/marked-program.ts';
import { placeCommand, placingTrials } from '../../src/host/place.ts';
import { receiveUpload } from '../../src/host/upload.ts';
import { gateSchema } from '../../src/plan/schema-gates.ts';
import { readProbe } from '../../src/probe/read-probe.ts';
import { examplePlan } from '../fixtures/slack-runs.ts';

export interface Hostile {
  /** Without a slash, as one name in a path. */
  readonly name: string;
  /** Any text. */
  readonly text: string;
  /** Several of them, none of them empty. */
  readonly words: readonly string[];
}

/** What the hostile text is in the argv that is built, beside the commands; `[]` where there is no parameter. */
type Built = { readonly commands: readonly Command[]; readonly carried: readonly string[] };
type Row = (hostile: Hostile) => Built | Promise<Built>;

const echo = (words: readonly string[]): Command => ({
  effect: 'mutate',
  title: 'print',
  argv: ['printf', '%s\\0', ...words],
});
const of = (command: Command, ...carried: string[]): Built => ({ commands: [command], carried });
const at = (name: string) => `/srv/${name}`;
const someNonce = { nonce: 'a'.repeat(32), notAfter: new Date(1_000_000) };
const lineOf = (text: string) => text.replaceAll('\n', '↵') || 'empty';
const holder = (text: string) => ({
  owner: text,
  run: text,
  reason: text,
  since: '2026-05-21T05:00:00.000Z',
});

/** By the file and the name of the function. */
export const commandTable: Readonly<Record<string, Row>> = {
  'src/host/command.ts script': ({ words }) => of(script('observe', 'x', ':', words), ...words),
  'src/host/commands/mutate-fence.ts setFence': ({ name }) => of(setFence(at(name), 'run/1'), at(name)),
  'src/host/commands/mutate-fence.ts doNothing': () => of(doNothing()),
  'src/host/commands/mutate-fence.ts fenced': ({ name, words }) =>
    of(fenced(echo(words), at(name), 'run/1'), at(name), ...words),
  'src/host/commands/mutate-journal.ts appendJournal': ({ name, text }) =>
    of(appendJournal(at(name), lineOf(text)), at(name), lineOf(text)),
  'src/host/commands/mutate-nonce.ts beginNonce': ({ name }) =>
    of(beginNonce(at(name), someNonce, new Date(0)), at(name)),
  'src/host/commands/mutate-nonce.ts endNonce': ({ name }) =>
    of(endNonce(at(name), someNonce, new Date(0)), at(name)),
  'src/host/commands/observe-nonce.ts nonceAt': ({ name }) =>
    of(nonceAt(at(name), someNonce.nonce), at(name)),
  'src/host/commands/mutate-tree.ts makeDirectory': ({ name }) => of(makeDirectory(at(name)), at(name)),
  'src/host/commands/mutate-tree.ts unpackTarGz': ({ name }) =>
    of(unpackTarGz(at(name), at(`${name}.tree`)), at(name), at(`${name}.tree`)),
  'src/host/commands/mutate-tree.ts copyTree': ({ name }) =>
    of(copyTree(at(name), at(`copy of ${name}`)), at(name), at(`copy of ${name}`)),
  'src/host/commands/mutate-tree.ts renameToBackup': ({ name }) =>
    of(renameToBackup(at(name), at(`${name}.pre`)), at(name), at(`${name}.pre`)),
  'src/host/commands/mutate-tree.ts removeStaged': ({ name }) =>
    of(removeStaged(at(`${name}.staged`), at(name)), at(`${name}.staged`)),
  'src/host/commands/mutate-tree.ts removeSeen': ({ name }) =>
    of(removeSeen(at(`${name}.staged`), at(name), '1:2.0'), at(`${name}.staged`)),
  'src/host/commands/observe-beside.ts listBeside': ({ name }) => of(listBeside(at(name)), name),
  'src/host/commands/observe-containers.ts containers': () => of(containers()),
  'src/host/commands/observe-cron.ts cronState': () => of(cronState()),
  'src/host/commands/observe-disk.ts diskSpace': ({ name }) => of(diskSpace(at(name)), at(name)),
  'src/host/commands/observe-file.ts fileState': ({ name }) => of(fileState(at(name)), at(name)),
  'src/host/commands/observe-git.ts gitState': ({ name }) => of(gitState(at(name)), at(name)),
  'src/host/commands/observe-journal.ts readJournal': ({ name }) => of(readJournal(at(name)), at(name)),
  'src/host/commands/observe-lock.ts lockHolderAt': ({ name }) => of(lockHolderAt(at(name)), at(name)),
  'src/host/commands/observe-lock.ts lockSightAt': ({ name }) =>
    of(lockSightAt(at(name), at(`${name}.fence`)), at(name), at(`${name}.fence`)),
  'src/host/commands/observe-path.ts pathFacts': ({ name }) =>
    of(pathFacts([at(name), at(`${name}/${name}`)]), at(name), at(`${name}/${name}`)),
  'src/host/commands/observe-ports.ts listeningPorts': () => of(listeningPorts()),
  'src/host/commands/observe-service-instances.ts serviceInstances': ({ words }) =>
    of(serviceInstances(words), ...words),
  'src/host/commands/observe-readiness.ts hostReadiness': ({ name }) =>
    of(hostReadiness([at(`${name}/${name}`)], at(`${name}.none`)), at(`${name}/${name}`), at(`${name}.none`)),
  'src/host/commands/observe-services.ts serviceUnits': () => of(serviceUnits()),
  'src/host/commands/observe-tools.ts findTools': ({ words }) => of(findTools(words), ...words),
  'src/host/commands/observe-tools.ts pathWritability': ({ name }) =>
    of(pathWritability([at(name)]), at(name)),
  'src/host/commands/observe-tree.ts treeListing': ({ name }) => of(treeListing(at(name)), at(name)),
  'src/host/exchange.ts exchangeTrials': ({ name }) => of(exchangeTrials(at(name)), at(name)),
  'src/host/exchange.ts exchangeCommand': ({ name }) => ({
    commands: EXCHANGE_WAYS.map((way) => exchangeCommand(way, at(name), at(`${name}.b`))),
    carried: [at(name), at(`${name}.b`)],
  }),
  'src/host/lock.ts holdLock': ({ name, text }) =>
    of(holdLock(at(name), holder(text)), at(name), JSON.stringify(holder(text))),
  'src/host/lock.ts underCommitLock': ({ name, words }) =>
    of(underCommitLock(echo(words), at(name)), at(name), ...words),
  'src/host/marked-program.ts killMarked': ({ text }) => of(killMarked(text, 'TERM'), text),
  'src/host/upload.ts receiveUpload': ({ name }) =>
    of(receiveUpload({ to: at(name), sha256: 'a'.repeat(64), bytes: 1 }), at(name)),
  'src/host/place.ts placingTrials': ({ name }) => of(placingTrials(at(name)), at(name)),
  'src/host/place.ts placeCommand': ({ name }) => ({
    commands: PLACING_WAYS.map((way) => placeCommand(way, at(name), at(`${name}.b`))),
    carried: [at(name), at(`${name}.b`)],
  }),
  'src/gate/rollback-commands.ts rollbackSteps': ({ name }) => ({
    commands: rollbackSteps('perl', at(name), at(`${name}.pre`), at(`${name}.bad`)),
    carried: [at(name), at(`${name}.pre`), at(`${name}.bad`)],
  }),
  'src/gate/run-suite.ts runSuite': async ({ name, words }) => {
    const printed = printer();
    const suite = { ...someSuite, command: [`run-${name}`, ...words] };
    await runSuite(name, suite, { ...printed.where, directory: at(name) });
    return { commands: printed.commands, carried: [`run-${name}`, ...words] };
  },
  'src/gate/run-suite.ts runProofs': async ({ name, words }) => {
    const printed = printer();
    const plan = examplePlan();
    const proofs = { expect: 8, timeoutSeconds: 120, command: [`prove-${name}`, ...words] };
    await runProofs({ ...plan, proofs }, { ...printed.where, directory: at(name) });
    return { commands: printed.commands, carried: [`prove-${name}`, ...words] };
  },
  'jobs/command-proof.ts commandProof': async ({ name, words }) => {
    const printed = printer();
    const { observer, record, signal } = printed.where;
    const gate = gateSchema.parse({
      id: 'G1',
      kind: 'command-proof',
      title: 'a proof',
      with: { command: [`prove-${name}`, ...words], directory: '/srv' },
    });
    // Of a gate's context this one uses no more.
    const context: Partial<GateContext> = {
      gate,
      record,
      signal,
      local: observer,
      progress: async () => undefined,
    };
    await commandProof.run(context as GateContext);
    return { commands: printed.commands, carried: [`prove-${name}`, ...words] };
  },
  'src/probe/read-probe.ts readProbe': async ({ name, text, words }) => {
    const printed = printer();
    const common = { id: 'p', title: text, host: 'h', expect: { unchanged: true as const } };
    const world = {
      host: async () => printed.where.observer,
      database: () => ({ dsn: '', via: undefined }),
      record: printed.where.record,
      redact: (shown: string) => shown,
      signal: printed.where.signal,
    };
    await readProbe({ ...common, kind: 'command', argv: [`look-${name}`, ...words], cwd: at(name) }, world);
    await readProbe({ ...common, kind: 'constant', path: '/srv', file: name, pattern: '(x)' }, world);
    return { commands: printed.commands, carried: [`look-${name}`, ...words, at(name)] };
  },
};

const someSuite = { format: 'tap', expect: { passed: 1 }, timeoutSeconds: 60 } as const;

/** A host that notes what it is asked to run. */
function printer() {
  const commands: Command[] = [];
  const record = createRecorder((text) => text);
  const observer: Observer = {
    name: 'printer',
    forward: () => Promise.reject(new Error('expected no forward')),
    run: async (command) => {
      commands.push(command);
      return resultOf(command.title, 'x\n');
    },
  };
  return { commands, where: { observer, record, signal: new AbortController().signal } };
}

/** What a shell printed, as a host reports it. */
export function resultOf(title: string, stdout: string, exitCode = 0): CommandResult {
  const bytes = { stdoutBytes: Buffer.byteLength(stdout), stdoutSha256: '', stdoutTruncated: false };
  const none = { stderr: '', stderrBytes: 0, stderrSha256: '', stderrTruncated: false };
  return {
    host: 'sh',
    title,
    argv: [title],
    exitCode,
    stdout,
    ...bytes,
    ...none,
    startedAt: '',
    durationMs: 0,
  };
}
