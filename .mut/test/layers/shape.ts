// Rules about the shape of the tree as a whole.
import type { Module } from './modules.ts';
import { type Fault, isIn, type Rule } from './rule.ts';

const maxLines = 250;

/** Files that load each other in a circle: which one Node runs first depends on who asked, and the others see it half made. */
function cycles(modules: readonly Module[]): Fault[] {
  const loads = new Map(
    modules.map(({ path, imports }) => [
      path,
      imports.filter(({ typeOnly }) => !typeOnly).map(({ to }) => to),
    ]),
  );
  const done = new Set<string>();
  const faults: Fault[] = [];
  const follow = (path: string, chain: readonly string[]): void => {
    const start = chain.indexOf(path);
    if (start >= 0) {
      const circle = chain.slice(start);
      faults.push({
        path: [...circle].sort()[0] ?? path,
        what: `loads itself: ${[...circle, path].join(' → ')}`,
      });
      return;
    }
    if (done.has(path)) return;
    for (const next of loads.get(path) ?? []) follow(next, [...chain, path]);
    done.add(path);
  };
  for (const path of loads.keys()) follow(path, []);
  return faults;
}

const readsEnvironment = (modules: readonly Module[]): Fault[] =>
  modules
    .filter(
      ({ path, ambient }) =>
        ambient.has('process.env') && !isIn(path, ['src/main.ts', 'src/cli.ts', 'src/cli/']),
    )
    .filter(({ path }) => isIn(path, ['src/', 'jobs/', 'commands/']))
    .map(({ path }) => ({ path, what: 'reads process.env' }));

const isOurs = (path: string) => isIn(path, ['src/', 'jobs/', 'commands/']);

export const shape: readonly Rule[] = [
  {
    name: 'there are no import cycles',
    faults: cycles,
    broken: [
      { 'src/a.ts': "import { b } from './b.ts';", 'src/b.ts': "import { a } from './a.ts';" },
      { 'src/a.ts': "export * from './a.ts';" },
      {
        'src/a.ts': "import './b.ts';",
        'src/b.ts': "const c = await import('./c.ts');",
        'src/c.ts': "import { type A } from './a.ts';",
      },
    ],
    kept: {
      'src/a.ts': "import { b } from './b.ts'; import { c } from './c.ts';",
      'src/b.ts': "import { c } from './c.ts'; import type { A } from './a.ts';",
      'src/c.ts': "export type A = import('./a.ts').A;",
    },
  },
  {
    name: `no file of src/, jobs/ and commands/ has more than ${maxLines} lines`,
    faults: (modules) =>
      modules
        .filter(({ path, lines }) => isOurs(path) && lines > maxLines)
        .map(({ path, lines }) => ({ path, what: `has ${lines} lines; look for the seam` })),
    broken: [{ 'src/a.ts': '// line\n'.repeat(maxLines + 1) }],
    kept: { 'src/a.ts': '// line\n'.repeat(maxLines), 'test/a.ts': '// line\n'.repeat(maxLines + 1) },
  },
  {
    name: 'only src/main.ts and the command line read the environment',
    faults: readsEnvironment,
    exceptions: {
      'src/host/local-host.ts': 'hands a command the variables that a login gives, by name, and no token',
      'src/artifact/run-git.ts':
        'hands git the search path alone, so that GIT_DIR and its like lead nowhere else',
      'src/demo/debian-packages.ts':
        'hands apt-get the variables of whoever installs, and looks for programs on the search path',
      'src/demo/postgres-server.ts': 'hands initdb and postgres a search path',
      'src/demo/ssh-session-program.ts': 'is the login of the host that the demo plays: search path and user',
    },
    broken: [
      { 'src/slack/app.ts': "const token = process.env['SLACK_BOT_TOKEN'];" },
      { 'jobs/a.ts': 'const { env } = process;' },
      { 'src/queue/a.ts': 'const { REDIS_URL } = globalThis.process.env;' },
      { 'src/queue/a.ts': "import { env } from 'node:process';" },
      { 'src/queue/a.ts': "import process from 'node:process';" },
    ],
    kept: {
      'src/main.ts': 'const settings = load(process.env);',
      'src/cli/log.ts': "const level = process.env['INTERLOCK_LOG'];",
      'src/ledger/a.ts': 'const { pid } = lock; const text = "process.env"; // process.env',
    },
  },
];
