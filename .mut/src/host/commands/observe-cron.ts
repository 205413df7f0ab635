import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';
import { splitFields } from './read-fields.ts';

export type CronState = {
  /** The login user's own table; empty when there is none, null where `crontab` is not installed and nobody can say. */
  readonly table: string | null;
  /** The system's cron files with their sha256, by path. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
};

/** `crontab -l` exits with 1 both for no table and for an error; only its words tell them apart. */
const LOOK = `
if ! command -v crontab > /dev/null 2>&1; then state=no-tool table=
elif table=$(crontab -l 2> /dev/null); then state=present
else
  said=$(crontab -l 2>&1 || :)
  case $said in
    'no crontab for '*) state=present table= ;;
    *) printf '%s\\n' "$said" >&2; exit 1 ;;
  esac
fi
set --
for place in /etc/crontab /etc/anacrontab /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly; do
  if [ -e "$place" ]; then set -- "$@" "$place"; fi
done
if [ "$state" = no-tool ] && [ $# -eq 0 ]; then printf 'no-tool\\0'; exit 0; fi
printf 'present\\0%s\\0%s\\0' "$state" "$table"
if [ $# -gt 0 ]; then find -L "$@" -type f -exec sha256sum --zero -- {} +; fi
`;

/** The user's crontab and the system's cron files. Absent when cron is not installed and has no files. */
export function cronState(): Command {
  return script('observe', 'cron tables', LOOK, [], { env: { LC_ALL: 'C' }, timeoutMs: 30_000 });
}

export function parseCronState(result: CommandResult): Observed<CronState> {
  const [state, tool, table, ...records] = splitFields(result, wholeStdout(result));
  const absent = absence(state);
  if (absent) return absent;
  if (state !== 'present' || table === undefined)
    throw unreadable(result, 'cron tables', JSON.stringify(state));
  const files = records.map((record) => {
    const match = /^([0-9a-f]{64}) [ *](.+)$/s.exec(record);
    if (!match?.[1] || !match[2]) throw unreadable(result, 'a sha256 and a path', JSON.stringify(record));
    return { path: match[2], sha256: match[1] };
  });
  return {
    state: 'present',
    value: {
      table: tool === 'no-tool' ? null : table,
      files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    },
  };
}
