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
import type { Nonces } from '../execution/nonces.ts';
import { waitingSwitch } from '../execution/wait-for-switch.ts';
import { stashOf } from '../gate/change-host.ts';
import type { ControlTools, MutatingTools, Observer } from '../gate/context.ts';
import { claimedBy, type GateJob } from '../gate/job.ts';
import type { MakeContext, WorkerContext } from '../gate/process-gate.ts';
import { createRecorder } from '../gate/recorder.ts';
import { endOnHost } from '../gate/spend-on-host.ts';
import type { Host } from '../host/host.ts';
import { LocalHost } from '../host/local-host.ts';
import { SshHost } from '../host/ssh-host.ts';
import { changesTarget } from '../plan/gate-traits.ts';
import type { Plan } from '../plan/schema.ts';
import { planFor } from '../plan/sections.ts';

export interface WorkerParts {
  readonly machine: string;
  /** Directory under which each run gets its workspace. */
  readonly workspaces: string;
  readonly blobs: EvidenceStore;
  readonly publicKeys: readonly KeyObject[];
  readonly killSwitch: KillSwitch;
  readonly nonces: Nonces;
  readonly credentials: Readonly<Record<string, { readonly privateKey: string }>>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly redactor: Redactor;
  readonly now: () => Date;
  /** Opens a host of the plan; over SSH unless it is given. */
  readonly openHost?: (plan: Plan, name: string) => Host;
  /** In the control plane's own worker: what the report gate uses. */
  readonly control?: (job: GateJob) => ControlTools;
}

/** Contexts of this worker. Each closes its connections when its gate has ended. */
export function contextMaker(parts: WorkerParts): MakeContext {
  return (job, signal, progress) => {
    const plan = planFor(job.plan, job.definition);
    const opened = new Map<string, Host>();
    const openHost = parts.openHost ?? ((of, name) => openSshHost(of, name, parts));
    const local = new LocalHost({ name: parts.machine });
    const ssh = (name: string): Host => {
      const host = opened.get(name) ?? openHost(job.plan, name);
      opened.set(name, host);
      return host;
    };
    const toolsFor = (machine: string): MutatingTools => ({
      async host(name) {
        requireSame(machine, name);
        return ssh(name);
      },
      async fastForward(given) {
        requireSame(machine, parts.machine);
        return fastForward(given);
      },
    });
    const { nonces } = parts;
    const nowMs = () => parts.now().getTime();
    const killSwitch = waitingSwitch(parts.killSwitch, {
      scope: { plan: job.plan.name, run: job.run },
      until: () => Date.parse(permit().notAfter),
      signal,
      now: nowMs,
      onWait: (reason) => void progress(redact(`waiting for the execution switch: ${reason}`)),
    });
    const executor: Executor<MutatingTools> =
      job.mode === 'LIVE'
        ? new LiveExecutor({ toolsFor, killSwitch, nonces, now: nowMs })
        : new SimulatedExecutor<MutatingTools>(nowMs);
    const redact = (text: string) => parts.redactor.redact(text);
    const workspace = join(parts.workspaces, job.run);
    let verified: Permit | undefined;
    const permit = () => {
      verified ??= verifyAuthorization(job.authorization, parts.publicKeys, claimedBy(job), nowMs());
      return verified;
    };
    return {
      job,
      plan,
      gate: job.definition,
      machine: parts.machine,
      signal,
      record: createRecorder(redact),
      redact,
      workspace,
      blobs: parts.blobs,
      local: observing(local),
      host: async (name) => observing(ssh(name)),
      executor,
      permit,
      begin: () => nonces.begin(permit()),
      async spendOnHost(authorization) {
        if (job.mode !== 'LIVE' || !changesTarget(job.definition.kind)) return;
        const { host, livePath } = plan.target;
        await endOnHost(ssh(host), stashOf(livePath).nonces, authorization, parts.now());
      },
      killSwitch,
      secret: (name) => parts.secrets.get(name),
      progress: (text) => progress(redact(text)),
      now: parts.now,
      ...(parts.control ? { control: parts.control(job) } : {}),
      async [Symbol.asyncDispose]() {
        await Promise.all([local.close(), ...[...opened.values()].map((host) => host.close())]);
      },
    } satisfies WorkerContext;
  };
}

function openSshHost(plan: Plan, name: string, { credentials }: WorkerParts): SshHost {
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

/** What is changed is what was permitted and journalled, and nothing beside it. */
function requireSame(permitted: string, machine: string): void {
  if (machine !== permitted)
    throw new ExecutionError(
      'machine-not-permitted',
      `expected a change of ${permitted}, which is permitted and journalled, got one of ${machine}; nothing was changed there`,
    );
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
