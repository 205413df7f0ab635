// Builds what a gate is handed: hosts it may read, an executor that alone can mutate, a recorder that redacts.
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { fastForward } from '../artifact/fast-forward.ts';
import type { Redactor } from '../evidence/redact.ts';
import type { Secret } from '../evidence/secret.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { type Permit, verifyAuthorization } from '../execution/authorization.ts';
import { ExecutionError } from '../execution/execution-error.ts';
import { type Executor, LiveExecutor, SimulatedExecutor } from '../execution/executor.ts';
import type { KillSwitch } from '../execution/kill-switch.ts';
import type { ControlTools, GateContext, MutatingTools, Observer } from '../gate/context.ts';
import { type GateJob, jobDigest } from '../gate/job.ts';
import type { MakeContext } from '../gate/process-gate.ts';
import { createRecorder } from '../gate/recorder.ts';
import type { Host } from '../host/host.ts';
import { LocalHost } from '../host/local-host.ts';
import { SshHost } from '../host/ssh-host.ts';
import type { Plan } from '../plan/schema.ts';

export interface WorkerParts {
  readonly machine: string;
  /** Directory under which each run gets its workspace. */
  readonly workspaces: string;
  readonly blobs: EvidenceStore;
  readonly publicKeys: readonly KeyObject[];
  readonly killSwitch: KillSwitch;
  readonly credentials: Readonly<Record<string, { readonly privateKey: string }>>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly redactor: Redactor;
  readonly now: () => Date;
  /** In the control plane's own worker: what the report gate uses. */
  readonly control?: (job: GateJob) => ControlTools;
}

/** Contexts of this worker. Each closes its connections when its gate has ended. */
export function contextMaker(parts: WorkerParts): MakeContext {
  return (job, signal, progress) => {
    const opened = new Map<string, SshHost>();
    const local = new LocalHost({ name: parts.machine });
    const ssh = (name: string): SshHost => {
      const host = opened.get(name) ?? openHost(job.plan, name, parts);
      opened.set(name, host);
      return host;
    };
    const tools: MutatingTools = { host: async (name) => ssh(name), fastForward };
    const killSwitch: KillSwitch = {
      read: () => parts.killSwitch.read({ plan: job.plan.name, run: job.run }),
    };
    const nowMs = () => parts.now().getTime();
    const executor: Executor<MutatingTools> =
      job.mode === 'LIVE'
        ? new LiveExecutor(tools, killSwitch, nowMs)
        : new SimulatedExecutor<MutatingTools>(nowMs);
    const redact = (text: string) => parts.redactor.redact(text);
    const workspace = join(parts.workspaces, job.run);
    let permit: Permit | undefined;
    return {
      job,
      plan: job.plan,
      machine: parts.machine,
      signal,
      record: createRecorder(redact),
      redact,
      workspace,
      blobs: parts.blobs,
      local: observing(local),
      host: async (name) => observing(ssh(name)),
      executor,
      permit() {
        const claimed = { ...job, jobDigest: jobDigest(job) };
        permit ??= verifyAuthorization(job.authorization, parts.publicKeys, claimed, nowMs());
        return permit;
      },
      killSwitch,
      secret: (name) => parts.secrets.get(name),
      progress: (text) => progress(redact(text)),
      now: parts.now,
      ...(parts.control ? { control: parts.control(job) } : {}),
      async [Symbol.asyncDispose]() {
        await Promise.all([local.close(), ...[...opened.values()].map((host) => host.close())]);
      },
    } satisfies GateContext & AsyncDisposable;
  };
}

function openHost(plan: Plan, name: string, { credentials }: WorkerParts): SshHost {
  const host = plan.hosts[name];
  if (!host)
    throw new RangeError(`expected a host of the plan (${Object.keys(plan.hosts).join(', ')}), got ${name}`);
  const { address, port, user, hostKey, credential } = host;
  const privateKeyPath = credentials[credential]?.privateKey;
  return new SshHost({
    name,
    address,
    port,
    user,
    hostKey,
    ...(privateKeyPath === undefined ? {} : { privateKeyPath }),
  });
}

/** The same host without what mutates. */
function observing(host: Host): Observer {
  return {
    name: host.name,
    run(command, options) {
      if (command.effect !== 'observe') {
        throw new ExecutionError(
          'unauthorized',
          `${command.title}: expected a command that only reads; a change goes through the executor`,
        );
      }
      return host.run(command, options);
    },
    forward: (...args) => host.forward(...args),
  };
}
