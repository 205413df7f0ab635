// G0: the right machine, the repository at its baseline, hosts and knowledge base reachable, execution permitted. Whatever
// does not hold blocks the run; nothing has been touched.
import { access } from 'node:fs/promises';
import { findUnshippable } from '../src/artifact/find-unshippable.ts';
import { branchOf, headOf, isClean } from '../src/artifact/git.ts';
import { requirementsOf } from '../src/gaps/requirements.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { nameSome } from '../src/gate/name-some.ts';
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
    const hosts = await checkHosts(context);
    checkControlPlane(context);
    checkLineage(context);
    await checkSwitch(context);
    if (context.record.checks.some(({ status }) => status !== 'pass'))
      return { machine: context.machine, repository, hosts, probes: [] };
    const probes = await takeSnapshot(context);
    for (const { id, title, shown, status, reason } of probes) {
      context.record.check(`probe-${id.replaceAll('.', '-')}`, title, status === 'pass', {
        actual: reason ?? shown,
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
  if (job.plan.changeSet !== undefined && head === baseline) await checkShippable(context, path, baseline);
  return { path, branch: current ?? '(detached)', head, clean };
}

/** All of the baseline ships with the change set. */
async function checkShippable({ record, signal }: GateContext, cwd: string, baseline: string): Promise<void> {
  const faults = await findUnshippable(baseline, { cwd, signal });
  record.check('shippable', 'the baseline holds nothing that cannot ship as it is', faults.length === 0, {
    expected:
      'no submodule, no pointer of git-lfs or git-annex, no export-ignore or export-subst, no path into .git',
    actual: faults.length === 0 ? 'none' : nameSome(faults.map(({ path, why }) => `${path} ${why}`)),
    otherwise: 'blocked',
  });
}

async function checkHosts({ plan, host, record, signal }: GateContext): Promise<PrecheckFacts['hosts']> {
  const seen: PrecheckFacts['hosts'] = [];
  for (const [name, { hostKey, address, port, user }] of Object.entries(plan.hosts)) {
    const fingerprint = fingerprintOfPin(hostKey);
    try {
      const uname = await (await host(name)).run(
        { effect: 'observe', title: 'name the system', argv: ['uname', '-srm'] },
        { signal },
      );
      const system = uname.stdout.trim();
      record.check(`ssh-${name}`, `SSH to ${name} with the pinned host key`, uname.exitCode === 0, {
        expected: `host key ${fingerprint}`,
        actual: `host key as pinned; ${user}@${address}:${port}; ${system}`,
        otherwise: 'blocked',
      });
      seen.push({ name, hostKey: fingerprint, system });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      record.check(`ssh-${name}`, `SSH to ${name} with the pinned host key`, false, {
        expected: `host key ${fingerprint}`,
        actual: error.message,
        otherwise: 'blocked',
      });
    }
  }
  return seen;
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
