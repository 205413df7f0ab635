// G0: the right machine, the repository at its baseline, hosts and knowledge base reachable, execution permitted. Whatever
// does not hold blocks the run; nothing has been touched.
import { access } from 'node:fs/promises';
import { branchOf, headOf, isClean } from '../src/artifact/git.ts';
import { requirementsOf } from '../src/gaps/requirements.ts';
import { checkShippable } from '../src/gate/check-shippable.ts';
import { checkUnlocked } from '../src/gate/check-unlocked.ts';
import { type Gate, type GateContext, GateStop, type Observer } from '../src/gate/context.ts';
import { liveObstacles } from '../src/gate/live-obstacles.ts';
import { lookAtTargets, sizeAtBaseline } from '../src/gate/look-at-targets.ts';
import {
  flagObstacles,
  judgeRoom,
  parentObstacles,
  treeObstacles,
  wayObstacles,
} from '../src/gate/target-obstacles.ts';
import { type AimedTarget, targetsToChange } from '../src/gate/targets-to-change.ts';
import {
  type HostReadiness,
  NEEDED_PROGRAMS,
  type TargetReadiness,
} from '../src/host/commands/observe-readiness.ts';
import { HostError } from '../src/host/host-error.ts';
import { parseHostKeyPin } from '../src/host/host-key.ts';
import { machineOf } from '../src/plan/sections.ts';
import { takeSnapshot } from '../src/probe/take-snapshot.ts';
import type { PrecheckFacts } from '../src/run/facts.ts';

export const precheck: Gate = {
  kind: 'precheck',
  async run(context) {
    await checkMachine(context);
    const repository = await checkRepository(context);
    const { hosts, targets } = await checkHosts(context);
    await checkTargets(context, targets);
    checkControlPlane(context);
    checkLineage(context);
    await checkSwitch(context);
    if (context.record.checks.some(({ status }) => status !== 'pass'))
      return { machine: context.machine, repository, hosts, probes: [] };
    const probes = await takeSnapshot(context, 'before');
    for (const { id, title, shown, status, reason, unseen } of probes) {
      context.record.check(`probe-${id.replaceAll('.', '-')}`, title, status === 'pass', {
        actual: reason ?? unseen ?? shown,
        otherwise: 'blocked',
      });
    }
    return { machine: context.machine, repository, hosts, probes };
  },
};

async function checkMachine({ job, machine, record }: GateContext): Promise<void> {
  const { source } = job.plan;
  const wanted = machineOf(job.plan);
  const present = source === undefined || (await isThere(source.repository));
  const right = (wanted === null || machine === wanted) && present;
  const holds = source ? ` with ${source.repository}` : '';
  record.check('machine', machineTitle(source !== undefined), right, {
    expected: `${wanted ?? 'any machine'}${holds}`,
    actual: `${machine}${present ? holds : ` without ${source.repository}`}`,
    otherwise: 'blocked',
  });
  if (right) return;
  throw new GateStop(
    'blocked',
    'wrong-machine',
    `This worker runs on ${machine}; the plan needs ${wanted ?? 'a machine'}${source ? `, which holds ${source.repository}` : ''}${present ? '' : ' (it is not here)'}. Nothing was touched. Start a worker of this role there, and stop this one.`,
  );
}

function machineTitle(holdsRepository: boolean): string {
  return holdsRepository
    ? 'this worker is on the machine that holds the SSOT repository'
    : 'this worker is on the machine that the plan names';
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function checkRepository(context: GateContext): Promise<PrecheckFacts['repository']> {
  const { job, record, signal } = context;
  const { source } = job.plan;
  if (!source) return null;
  const { repository: path, branch, baseline } = source;
  const head = await headOf(path, { signal });
  const current = await branchOf(path, { signal });
  const clean = await isClean(path, { signal });
  record.check('branch', `the repository is on ${branch}`, current === branch, {
    expected: branch,
    actual: current ?? 'a detached head',
    otherwise: 'blocked',
  });
  record.check('baseline', 'the repository is at the baseline', head === baseline, {
    expected: baseline,
    actual: head,
    otherwise: 'blocked',
  });
  record.check('clean', 'the repository has no uncommitted change', clean, {
    expected: 'clean',
    actual: clean ? 'clean' : 'with changes',
    otherwise: 'blocked',
  });
  if (job.plan.changeSet !== undefined) {
    await checkUnlocked(context, path, branch);
    if (head === baseline) await checkShippable(context, path, baseline);
  }
  return { path, branch: current ?? '(detached)', head, clean };
}

interface SeenTarget {
  readonly aimed: AimedTarget;
  readonly host: HostReadiness;
  readonly seen: TargetReadiness;
}

/** One look at each host: whether it answers, and what it is like where this run is going to change it. */
async function checkHosts({ job, plan, host, record, signal }: GateContext): Promise<{
  hosts: PrecheckFacts['hosts'];
  targets: SeenTarget[];
}> {
  const hosts: PrecheckFacts['hosts'] = [];
  const targets: SeenTarget[] = [];
  const changed = targetsToChange(job.plan, job.operation);
  for (const [name, { hostKey, address, port, user }] of Object.entries(plan.hosts)) {
    const fingerprint = fingerprintOfPin(hostKey);
    const here = changed.filter(({ target }) => target.host === name);
    try {
      const seen = await look(await host(name), here, job.run, signal);
      record.check(`ssh-${name}`, `SSH to ${name} with the pinned host key`, seen.system !== '', {
        expected: `host key ${fingerprint}`,
        actual: `host key as pinned; ${user}@${address}:${port}; ${seen.system || 'no answer of uname'}`,
        otherwise: 'blocked',
      });
      hosts.push({ name, hostKey: fingerprint, system: seen.system });
      const { readiness } = seen;
      if (readiness === null) continue;
      const missing = readiness.missingPrograms;
      record.check(
        `programs-${name}`,
        `${name} has the programs that later gates need`,
        missing.length === 0,
        {
          expected: `${NEEDED_PROGRAMS.join(', ')}; find of GNU`,
          actual: missing.length === 0 ? 'all found' : `without ${missing.join(', ')}; install them`,
          otherwise: 'blocked',
        },
      );
      for (const [at, aimed] of here.entries()) {
        const target = readiness.targets[at];
        if (target) targets.push({ aimed, host: readiness, seen: target });
      }
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'connection-lost') throw error;
      record.check(`ssh-${name}`, `SSH to ${name} with the pinned host key`, false, {
        expected: `host key ${fingerprint}`,
        actual: error.message,
        otherwise: 'blocked',
      });
    }
  }
  return { hosts, targets };
}

/** In one round trip. The system is empty when it could not be named. */
async function look(
  host: Observer,
  targets: readonly AimedTarget[],
  run: string,
  signal: AbortSignal,
): Promise<{ system: string; readiness: HostReadiness | null }> {
  if (targets.length > 0) {
    const readiness = await lookAtTargets(host, targets, run, signal);
    return { system: readiness.system, readiness };
  }
  const uname = await host.run(
    { effect: 'observe', title: 'name the system', argv: ['uname', '-srm'] },
    { signal },
  );
  return { system: uname.exitCode === 0 ? uname.stdout.trim() : '', readiness: null };
}

/** Decides what later gates need of each live path. */
async function checkTargets(context: GateContext, targets: readonly SeenTarget[]): Promise<void> {
  const { job, record } = context;
  const otherwise = 'blocked';
  const isDeploy = job.operation === 'deploy';
  const candidate = isDeploy && targets.length > 0 ? await sizeAtBaseline(context) : null;
  for (const { aimed, host, seen } of targets) {
    const { label, gate, target } = aimed;
    const { livePath, first } = target;
    const say = (obstacles: readonly string[]) =>
      ({ actual: obstacles.join('; ') || livePath, otherwise }) as const;
    const parent = parentObstacles(seen, host.uid);
    const besides = `the login may make and rename directories beside ${livePath}`;
    record.check(`parent-${label}`, besides, parent.length === 0, say(parent));
    // On the way back whatever is live is replaced, and where nothing was before nothing is exchanged.
    if (isDeploy) {
      const live = [...liveObstacles(gate, target, [seen.live, seen.parent]), ...flagObstacles(seen)];
      const planned = `${livePath} is as the plan has it, and can be renamed`;
      record.check(`live-${label}`, planned, live.length === 0, say(live));
    }
    const tree = treeObstacles(seen);
    const readable = `everything in ${livePath} can be read and named`;
    record.check(`tree-${label}`, readable, tree.length === 0, say(tree));
    if (!first) {
      const ways = wayObstacles(host, seen);
      const exchangeable = `nothing speaks against an exchange beside ${livePath}`;
      record.check(`exchange-${label}`, exchangeable, ways.length === 0, say(ways));
    }
    if (candidate) {
      const { holds, expected, actual } = judgeRoom(seen, candidate);
      const room = { expected, actual, otherwise } as const;
      record.check(`space-${label}`, `there is room beside ${livePath}`, holds, room);
    }
  }
}

function fingerprintOfPin(hostKey: string): string {
  return parseHostKeyPin(hostKey).fingerprint;
}

function checkControlPlane({ job, record }: GateContext): void {
  const { readable, writable, detail } = job.control.knowledgeBase;
  record.check('knowledge-base', 'the knowledge base can be read and written', readable && writable, {
    expected: 'readable and writable',
    actual: readable && writable ? `readable and writable; ${detail}` : detail,
    otherwise: 'blocked',
  });
}

/** What the lineage must have settled before; decided when the run was asked for, and signed into the job. */
function checkLineage({ job, record }: GateContext): void {
  for (const { id, title, holds, expected, actual } of requirementsOf(job.plan, job.lineage))
    record.check(id, title, holds, { expected, actual, otherwise: 'blocked' });
}

async function checkSwitch({ job, killSwitch, record }: GateContext): Promise<void> {
  if (job.mode === 'DRYRUN') return;
  const { enabled, reason } = await killSwitch.read();
  record.check('execution', 'Interlock’s execution switch is on', enabled, {
    expected: 'on',
    actual: enabled ? 'on' : `off: ${reason}`,
    otherwise: 'blocked',
  });
}
