// Reads one probe of a plan: a value to compare and a text to show. Reading changes nothing.
import { sha256Hex } from '../evidence/digest.ts';
import { findPattern } from '../evidence/pattern.ts';
import type { Observer } from '../gate/context.ts';
import { observeTree } from '../gate/observe-tree.ts';
import type { Recorder } from '../gate/recorder.ts';
import type { Command } from '../host/command.ts';
import { containers, parseContainers } from '../host/commands/observe-containers.ts';
import { cronState, parseCronState } from '../host/commands/observe-cron.ts';
import { fileState, parseFileState } from '../host/commands/observe-file.ts';
import { gitState, parseGitState } from '../host/commands/observe-git.ts';
import { listeningPorts, parseListeningPorts } from '../host/commands/observe-ports.ts';
import { parseServiceUnits, serviceUnits } from '../host/commands/observe-services.ts';
import type { Observed } from '../host/commands/observed.ts';
import type { CommandResult } from '../host/host.ts';
import type { Probe } from '../plan/schema-probes.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { readHttp } from './read-http.ts';
import { readRowCounts } from './row-counts.ts';
import { readSchemaFingerprint } from './schema-fingerprint.ts';

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
    case 'tree-digest': {
      const { digest, files } = await observeTree(await world.host(probe.host), probe.path, world.signal);
      return { value: digest, shown: `${files} files, ${digest}` };
    }
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
      return present(state, ({ head, branch, clean, changes }) => ({
        value: { head: head ?? null, branch: branch ?? null, clean, changes: [...changes] },
        shown: `HEAD ${head?.slice(0, 7) ?? 'none'} on ${branch ?? 'no branch'}, ${clean ? 'clean' : `${changes.length} changes`}`,
      }));
    }
    case 'file-digest':
      return present(
        parseFileState(await run(probe, fileState(probe.path), world)),
        ({ sha256, bytes, mode, link }) => ({
          value: { sha256, bytes, mode: mode.toString(8), link: link ?? null },
          shown: `${bytes} bytes, mode ${mode.toString(8)}, sha256 ${sha256}${link ? `, through a link to ${link}` : ''}`,
        }),
      );
    case 'listening-ports':
      return present(parseListeningPorts(await run(probe, listeningPorts(), world)), (all) => {
        const open = all
          .filter(({ port }) => probe.ports?.includes(port) ?? true)
          .map(({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`);
        return { value: open, shown: open.length > 0 ? open.join(', ') : 'none' };
      });
    case 'services':
      return present(parseServiceUnits(await run(probe, serviceUnits(), world)), (units) => {
        // A timer's unit comes and goes by itself; what is enabled and long-running is what a deploy must not touch.
        const running = units.filter(({ sub }) => sub === 'running').map(({ unit }) => unit);
        return { value: running, shown: `${running.length} running services` };
      });
    case 'crontab':
      return present(parseCronState(await run(probe, cronState(), world)), ({ table, files }) => ({
        value: { table: sha256Hex(table), files: files.map(({ path, sha256 }) => ({ path, sha256 })) },
        shown: `${table.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#')).length} entries, ${files.length} system files`,
      }));
    case 'containers':
      return present(parseContainers(await run(probe, containers(), world)), (all) => ({
        value: all.map(({ id, name, image, state, createdAt }) => ({ id, name, image, state, createdAt })),
        shown: `${all.length} containers, ${all.filter(({ state }) => state === 'running').length} running`,
      }));
  }
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

/** That a host has no such thing is an observation too, and it can change. */
function present<T>(observed: Observed<T>, describe: (value: T) => Observation): Observation {
  if (observed.state === 'present') return describe(observed.value);
  const words = {
    'no-tool': 'not installed',
    'not-running': 'installed, not running',
    'no-path': 'nothing there',
  };
  return { value: { absent: observed.reason }, shown: words[observed.reason] };
}
