// Reads one probe of a plan: a value to compare and a text to show. Reading changes nothing.
import { sha256Hex } from '../evidence/digest.ts';
import { findPattern } from '../evidence/pattern.ts';
import type { Observer } from '../gate/context.ts';
import type { Recorder } from '../gate/recorder.ts';
import type { Command } from '../host/command.ts';
import { containers, parseContainers } from '../host/commands/observe-containers.ts';
import { type CronState, cronState, parseCronState } from '../host/commands/observe-cron.ts';
import { fileState, parseFileState } from '../host/commands/observe-file.ts';
import { gitState, parseGitState } from '../host/commands/observe-git.ts';
import { listeningPorts, parseListeningPorts } from '../host/commands/observe-ports.ts';
import {
  parseServiceInstances,
  type ServiceInstance,
  serviceInstances,
} from '../host/commands/observe-service-instances.ts';
import type { AbsenceReason, Observed } from '../host/commands/observed.ts';
import type { CommandResult } from '../host/host.ts';
import type { Probe } from '../plan/schema-probes.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { readHttp } from './read-http.ts';
import { readRowCounts } from './row-counts.ts';
import { readSchemaFingerprint } from './schema-fingerprint.ts';
import { readTableContents } from './table-contents.ts';
import { readTableWrites } from './table-writes.ts';
import { readTree } from './tree-state.ts';

export interface ProbeWorld {
  host(name: string): Promise<Observer>;
  /** The connection string of a database of the plan, and the host it is reached through. */
  database(name: string): { readonly dsn: string; readonly via: string | undefined };
  readonly record: Recorder;
  /** Before a text is cut: half a credential is none that could be recognised. */
  redact(text: string): string;
  readonly signal: AbortSignal;
}

export interface Observation {
  readonly value: Json;
  readonly shown: string;
  /** Why there was nothing to see: two such readings say nothing of what was done in between. */
  readonly unseen?: string;
}

/** Throws HostError, GateStop or a database error when the probe cannot be read. */
export async function readProbe(probe: Probe, world: ProbeWorld): Promise<Observation> {
  switch (probe.kind) {
    case 'row-counts':
      return readRowCounts(probe, world);
    case 'schema-fingerprint':
      return readSchemaFingerprint(probe, world);
    case 'http':
      return readHttp(probe, world);
    case 'table-contents':
      return readTableContents(probe, world);
    case 'table-writes':
      return readTableWrites(probe, world);
    case 'tree-digest':
      return readTree(probe, await world.host(probe.host), world.signal);
    case 'constant':
      return readConstant(probe, world);
    case 'command': {
      const result = await run(
        probe,
        {
          effect: 'observe',
          title: probe.title,
          argv: probe.argv,
          ...(probe.cwd === undefined ? {} : { cwd: probe.cwd }),
        },
        world,
      );
      const value = {
        exitCode: result.exitCode,
        stdout: result.stdout.trimEnd(),
        sha256: result.stdoutSha256,
      };
      return { value, shown: `exit code ${result.exitCode}: ${world.redact(value.stdout).slice(0, 300)}` };
    }
    case 'git-head': {
      const state = parseGitState(await run(probe, gitState(probe.path), world));
      return present(probe, state, ({ head, branch, clean, changes }) => ({
        value: { head: head ?? null, branch: branch ?? null, clean, changes: [...changes] },
        shown: `HEAD ${head?.slice(0, 7) ?? 'none'} on ${branch ?? 'no branch'}, ${clean ? 'clean' : `${changes.length} changes`}`,
      }));
    }
    case 'file-digest':
      return present(
        probe,
        parseFileState(await run(probe, fileState(probe.path), world)),
        ({ sha256, bytes, mode, link }) => ({
          value: { sha256, bytes, mode: mode.toString(8), link: link ?? null },
          shown: `${bytes} bytes, mode ${mode.toString(8)}, sha256 ${sha256}${link ? `, through a link to ${link}` : ''}`,
        }),
      );
    case 'listening-ports':
      return present(probe, parseListeningPorts(await run(probe, listeningPorts(), world)), (all) => {
        const open = all
          .filter(({ port }) => probe.ports?.includes(port) ?? true)
          .map(({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`);
        return { value: open, shown: open.length > 0 ? open.join(', ') : 'none' };
      });
    case 'services':
      return readServices(probe, world);
    case 'crontab':
      return present(probe, parseCronState(await run(probe, cronState(), world)), describeCron);
    case 'containers':
      return present(probe, parseContainers(await run(probe, containers(), world)), (all) => ({
        value: all.map((each) => ({ ...each })),
        shown: `${all.length} containers, ${all.filter(({ state }) => state === 'running').length} running`,
      }));
  }
}

/** Where `crontab` is not installed the login's table cannot be asked for, though it may lie there. */
function describeCron({ table, files }: CronState): Observation {
  const entries = table?.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#')).length;
  const shown = `${entries ?? 'no'} entries, ${files.length} system files`;
  return {
    value: { table: sha256Hex(table ?? ''), files: files.map((each) => ({ ...each })) },
    shown: table === null ? `crontab not installed, ${files.length} system files` : shown,
    ...(table === null
      ? { unseen: 'crontab is not installed, so the table of the login could not be seen' }
      : {}),
  };
}

async function readServices(
  probe: Extract<Probe, { kind: 'services' }>,
  world: ProbeWorld,
): Promise<Observation> {
  const { units } = probe;
  const result = await run(probe, serviceInstances(units), world);
  return present(probe, parseServiceInstances(result, units), (all) => {
    const missing = all.filter(({ load }) => load === 'not-found').map(({ unit }) => unit);
    // Nothing would never change, and a misspelt unit would pass for one that was watched.
    if (units && (missing.length > 0 || all.length === 0))
      throw new RangeError(`expected the units ${units.join(', ')}, got none called ${missing.join(', ')}`);
    const running = all.filter(({ state }) => state === 'active/running').length;
    return {
      value: Object.fromEntries(all.map(({ unit, ...instance }) => [unit, sayInstance(instance)])),
      shown: `${running} running services of ${all.length}, started as ${sha256Hex(all.map((each) => JSON.stringify(each)).join('\n')).slice(0, 12)}`,
    };
  });
}

/** A restart gives another invocation, another start and another process, also when the state is as before. */
function sayInstance({
  state,
  invocation,
  activeSince,
  mainPid,
  mainSince,
  restarts,
}: Omit<ServiceInstance, 'unit'>): string {
  return `${state}, invocation ${invocation || 'none'}, since ${activeSince} µs, process ${mainPid} since ${mainSince} µs, ${restarts} restarts`;
}

async function readConstant(
  probe: Extract<Probe, { kind: 'constant' }>,
  world: ProbeWorld,
): Promise<Observation> {
  const file = `${probe.path}/${probe.file}`;
  const result = await run(
    probe,
    { effect: 'observe', title: `read ${file}`, argv: ['cat', '--', file] },
    world,
  );
  if (result.exitCode !== 0)
    throw new RangeError(`expected a readable file ${file}, got: ${result.stderr.trim()}`);
  // Where a text is cut off a line seems to end, and half a value would never change.
  if (result.stdoutTruncated)
    throw new RangeError(`expected a file ${file} of at most 1 MiB, got ${result.stdoutBytes} bytes`);
  const [, value] = findPattern(probe.pattern, result.stdout, { lines: true }) ?? [];
  if (value == null) throw new RangeError(`expected a match of ${probe.pattern} in ${file}, got none`);
  return { value, shown: value };
}

async function run(
  probe: Extract<Probe, { host: string }>,
  command: Command,
  { host, record, signal }: ProbeWorld,
): Promise<CommandResult> {
  const result = await (await host(probe.host)).run(command, { signal });
  record.keepCommand(`probe ${probe.id}`, result);
  return result;
}

/** A file that is not there would show when it comes; all else that is absent leaves nothing to look at. */
function present<T>(probe: Probe, observed: Observed<T>, describe: (value: T) => Observation): Observation {
  if (observed.state === 'present') return describe(observed.value);
  const { reason } = observed;
  const shown = absenceWords[reason];
  const seen = probe.kind === 'file-digest' && reason === 'no-path';
  return {
    value: { absent: reason },
    shown,
    ...(seen ? {} : { unseen: `${shown}, so nothing could be seen` }),
  };
}

const absenceWords: Readonly<Record<AbsenceReason, string>> = {
  'no-tool': 'not installed',
  'not-running': 'installed, not running',
  'no-path': 'nothing there',
};
