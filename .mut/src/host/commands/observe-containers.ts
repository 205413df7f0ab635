import { z } from 'zod';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';

// Columns such as "Up 3 minutes" change by themselves, so they say nothing about what a run has changed.
const container = z
  .tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.number()])
  .transform(([id, name, image, imageId, state, startedAt, restarts]) => ({
    id,
    name: name.replace(/^\//, ''),
    image,
    /** Digest of the image that it was made from, whatever its tag names by now. */
    imageId,
    state,
    startedAt,
    restarts,
  }));

export type Container = z.infer<typeof container>;

const FIELDS = [
  '.Id',
  '.Name',
  '.Config.Image',
  '.Image',
  '.State.Status',
  '.State.StartedAt',
  '.RestartCount',
];

/**
 * podman has no daemon: it has containers where it has a store, and would make one if it were asked without.
 * A tool that is there and cannot answer fails, for its containers could not be seen.
 */
const LIST = `
look() {
  ids=$("$1" ps --all --quiet --no-trunc)
  [ -z "$ids" ] || "$1" inspect --type container --format "$2" $ids
}
state=no-tool
if command -v docker > /dev/null 2>&1; then
  if [ -n "\${DOCKER_HOST-}" ] || [ -S /var/run/docker.sock ]; then state=present; else state=not-running; fi
fi
store="\${XDG_DATA_HOME:-\${HOME-}/.local/share}/containers/storage"
if [ "$(id -u)" = 0 ]; then store=/var/lib/containers/storage; fi
if command -v podman > /dev/null 2>&1 && [ -d "$store" ]; then podman=yes; else podman=no; fi
if [ "$state" != present ] && [ "$podman" = no ]; then printf '%s\\n' "$state"; exit 0; fi
printf 'present\\n'
if [ "$state" = present ]; then look docker "$1"; fi
if [ "$podman" = yes ]; then look podman "$1"; fi
`;

/** All containers of docker and podman, stopped ones too. Absent without either, and where docker's daemon has no socket. */
export function containers(): Command {
  const format = `[${FIELDS.map((field) => `{{json ${field}}}`).join(',')}]`;
  return script('observe', 'containers', LIST, [format], {
    env: { LC_ALL: 'C' },
    timeoutMs: 30_000,
    maxOutputBytes: 8 * 1024 * 1024,
  });
}

export function parseContainers(result: CommandResult): Observed<Container[]> {
  const [state, ...lines] = wholeStdout(result).split('\n');
  const absent = absence(state);
  if (absent) return absent;
  if (state !== 'present') throw unreadable(result, 'containers', JSON.stringify(state));
  const all = lines.filter((line) => line !== '').map((line) => parseLine(result, line));
  return { state: 'present', value: all.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function parseLine(result: CommandResult, line: string): Container {
  try {
    return container.parse(JSON.parse(line));
  } catch {
    throw unreadable(result, 'the JSON of a container', JSON.stringify(line.slice(0, 200)));
  }
}
