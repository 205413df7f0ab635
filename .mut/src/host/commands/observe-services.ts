import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';

/** One systemd service unit. */
export type ServiceUnit = {
  readonly unit: string;
  /** `loaded`, `not-found`, `masked`, … */
  readonly load: string;
  /** `active`, `inactive`, `failed`, … */
  readonly active: string;
  /** `running`, `exited`, `dead`, … */
  readonly sub: string;
};

// /run/systemd/system is how sd_booted(3) tells that systemd is running.
const LIST = `
command -v systemctl > /dev/null 2>&1 || { printf 'no-tool\\n'; exit 0; }
[ -d /run/systemd/system ] || { printf 'not-running\\n'; exit 0; }
printf 'present\\n'
exec systemctl list-units --type=service --all --full --plain --no-legend --no-pager
`;

/** All service units that systemd knows. Absent without systemd, and where it is installed but not running. */
export function serviceUnits(): Command {
  return script('observe', 'systemd services', LIST, [], { env: { LC_ALL: 'C' }, timeoutMs: 30_000 });
}

export function parseServiceUnits(result: CommandResult): Observed<ServiceUnit[]> {
  const [state, ...lines] = wholeStdout(result).split('\n');
  const absent = absence(state);
  if (absent) return absent;
  if (state !== 'present') throw unreadable(result, 'service units', JSON.stringify(state));
  const units = lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [unit, load, active, sub] = line.trim().split(/\s+/);
      if (!unit || !load || !active || !sub)
        throw unreadable(result, 'a unit and three states', JSON.stringify(line));
      return { unit, load, active, sub };
    });
  return { state: 'present', value: units.sort((a, b) => (a.unit < b.unit ? -1 : 1)) };
}
