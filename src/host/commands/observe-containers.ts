import { z } from 'zod';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';

// docker's other columns ("Up 3 minutes") change by themselves, so they say nothing about what a run has changed.
const container = z
  .object({ ID: z.string(), Names: z.string(), Image: z.string(), State: z.string(), CreatedAt: z.string() })
  .transform(({ ID, Names, Image, State, CreatedAt }) => ({
    id: ID,
    name: Names,
    image: Image,
    state: State,
    createdAt: CreatedAt,
  }));

export type Container = z.infer<typeof container>;

const LIST = `
command -v docker > /dev/null 2>&1 || { printf 'no-tool\\n'; exit 0; }
[ -n "\${DOCKER_HOST-}" ] || [ -S /var/run/docker.sock ] || { printf 'not-running\\n'; exit 0; }
printf 'present\\n'
exec docker ps --all --no-trunc --format '{{json .}}'
`;

/** All docker containers, stopped ones too. Absent without docker, and where its daemon has no socket. */
export function containers(): Command {
  return script('observe', 'docker containers', LIST, [], { env: { LC_ALL: 'C' }, timeoutMs: 30_000 });
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
    throw unreadable(result, "docker's JSON of a container", JSON.stringify(line.slice(0, 200)));
  }
}
