import { z } from 'zod';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';

/** One service as systemd has it now, with what tells one start of it from the next. */
export type ServiceInstance = {
  readonly unit: string;
  /** `loaded`, `not-found`, `masked`, … */
  readonly load: string;
  /** `active/running`, `failed/failed`, … */
  readonly state: string;
  /** systemd draws it anew at each start; empty for a unit that was never started. */
  readonly invocation: string;
  /** Microseconds of the machine's monotonic clock at the last start; 0 for none. */
  readonly activeSince: string;
  readonly mainPid: string;
  /** Of the main process; empty for none. */
  readonly mainSince: string;
  /** How often systemd itself has restarted it. */
  readonly restarts: string;
};

const PROPERTIES = [
  ...['Id', 'Type', 'LoadState', 'ActiveState', 'SubState', 'InvocationID', 'RemainAfterExit'],
  ...['ActiveEnterTimestampMonotonic', 'MainPID', 'ExecMainStartTimestampMonotonic', 'NRestarts'],
];

// /run/systemd/system is how sd_booted(3) tells that systemd is running. systemctl sorts nothing and ends each unit with an empty line.
const SHOW = `
command -v systemctl > /dev/null 2>&1 || { printf 'no-tool\\n'; exit 0; }
[ -d /run/systemd/system ] || { printf 'not-running\\n'; exit 0; }
printf 'present\\n'
properties=$1
shift
exec systemctl show --no-pager --all --property="$properties" -- "$@"
`;

/** Units that a login, ours too, starts and ends by itself. */
const ofLogins = /^(?:user@|user-runtime-dir@|sshd?@)/;

/** `units` by name, or every service that systemd has loaded. Absent without systemd, and where it is installed but not running. */
export function serviceInstances(units: readonly string[] = ['*.service']): Command {
  return script('observe', 'systemd services', SHOW, [PROPERTIES.join(','), ...units], {
    env: { LC_ALL: 'C' },
    timeoutMs: 30_000,
    maxOutputBytes: 8 * 1024 * 1024,
  });
}

const properties = z.object({
  Id: z.string().min(1),
  Type: z.string().default(''),
  LoadState: z.string().min(1),
  ActiveState: z.string().min(1),
  SubState: z.string().min(1),
  InvocationID: z.string().default(''),
  RemainAfterExit: z.string().default('no'),
  ActiveEnterTimestampMonotonic: z.string().default('0'),
  MainPID: z.string().default('0'),
  ExecMainStartTimestampMonotonic: z.string().default('0'),
  NRestarts: z.string().default('0'),
});

/**
 * By name. Without `units` only what is long-running: a service that is at rest, and one that a timer starts for a moment, come
 * and go by themselves, as do the units of logins.
 */
export function parseServiceInstances(
  result: CommandResult,
  units?: readonly string[],
): Observed<ServiceInstance[]> {
  const [state, ...lines] = wholeStdout(result).split('\n');
  const absent = absence(state);
  if (absent) return absent;
  if (state !== 'present') throw unreadable(result, 'service units', JSON.stringify(state));
  const all = lines
    .join('\n')
    .split(/\n{2,}/)
    .flatMap((block) => parseUnit(result, block));
  const kept = units === undefined ? all.filter(isLongRunning) : all;
  return {
    state: 'present',
    value: kept
      .map(({ instance }) => instance)
      .sort((a, b) => (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : 0)),
  };
}

interface Parsed {
  readonly instance: ServiceInstance;
  readonly active: string;
  readonly momentary: boolean;
}

function isLongRunning({ instance: { unit, load }, active, momentary }: Parsed): boolean {
  return load === 'loaded' && active !== 'inactive' && !momentary && !ofLogins.test(unit);
}

function parseUnit(result: CommandResult, block: string): Parsed[] {
  if (block.trim() === '') return [];
  const pairs = block
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  const read = properties.safeParse(Object.fromEntries(pairs));
  if (!read.success)
    throw unreadable(result, 'the properties of a unit', JSON.stringify(block.slice(0, 200)));
  const { Id, Type, LoadState, ActiveState, SubState, RemainAfterExit, ...more } = read.data;
  return [
    {
      instance: {
        unit: Id,
        load: LoadState,
        state: `${ActiveState}/${SubState}`,
        invocation: more.InvocationID,
        activeSince: more.ActiveEnterTimestampMonotonic,
        mainPid: more.MainPID,
        mainSince: more.ExecMainStartTimestampMonotonic,
        restarts: more.NRestarts,
      },
      active: ActiveState,
      momentary: Type === 'oneshot' && RemainAfterExit !== 'yes',
    },
  ];
}
