// What can be said of the image and of compose.yaml where no Docker engine runs: that they hold together and fit the program.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readModules } from '../layers/modules.ts';
import { copySources, readDockerfile } from './read-dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const stages = readDockerfile(read('Dockerfile'));
const packages = z
  .object({
    engines: z.object({ node: z.string() }),
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(read('package.json')));
const image = stages.at(-1) ?? [];
const named = (name: string) =>
  image.filter(({ instruction }) => instruction === name).map(({ text }) => text);

const scratch = mkdtempSync(join(tmpdir(), 'interlock-image-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the image', () => {
  it('runs on the Node that package.json pins', () => {
    const version = /^ARG NODE_VERSION=(.*)$/m.exec(read('Dockerfile'))?.[1];
    expect(version).toBe(packages.devDependencies['node']);
    for (const stage of stages) expect(stage[0]?.text).toContain(`node:\${NODE_VERSION}-`);
  });

  it('copies what exists, and nothing that .dockerignore keeps out', () => {
    const admitted = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(read('.dockerignore').split('\n')).toContain('*');
    for (const source of stages.flatMap(copySources)) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(admitted).toContain(normalize(source));
    }
    for (const path of admitted) expect(existsSync(join(root, path)), path).toBe(true);
  });

  it('installs the committed lockfile without development packages, and without scripts', () => {
    const [install] = (stages[0] ?? []).filter(({ text }) => text.startsWith('npm install'));
    for (const flag of ['--no-save', '--omit=dev', '--ignore-scripts']) expect(install?.text).toContain(flag);
    expect(stages.flatMap(copySources)).toContain('package-lock.json');
  });

  it('does not run as root, and starts a file that is in it', () => {
    expect(named('USER').at(-1)).toBe('node');
    const [node, entry = ''] = z.array(z.string()).parse(JSON.parse(named('ENTRYPOINT')[0] ?? ''));
    expect(node).toBe('node');
    expect(existsSync(join(root, entry))).toBe(true);
  });

  it('holds every file that the command line can load, and every package that these import', () => {
    const copied = copySources(image).map((source) => `${normalize(source)}/`);
    const modules = new Map(
      readModules(root, ['src', 'jobs', 'commands', 'examples', 'scripts', 'test']).map((each) => [
        each.path,
        each,
      ]),
    );
    const loaded = new Set(['src/cli.ts']);
    const imported = new Map<string, string>();
    for (const path of loaded) {
      for (const { to, typeOnly } of modules.get(path)?.imports ?? []) {
        if (typeOnly || to.startsWith('node:')) continue;
        if (to.endsWith('.ts')) loaded.add(to);
        else imported.set(to, path);
      }
    }
    expect(loaded.size).toBeGreaterThan(150);
    expect([...loaded].filter((path) => !copied.some((place) => path.startsWith(place)))).toEqual([]);
    expect([...imported].filter(([name]) => !(name in packages.dependencies))).toEqual([]);
  });

  it('has nothing installed that no file imports', () => {
    const imports = readModules(root, ['src', 'jobs', 'commands', 'examples']).flatMap(
      (each) => each.imports,
    );
    const used = new Set(imports.map(({ to }) => to));
    // secretlint loads its rule presets by name.
    const texts = globSync('src/**/*.ts', { cwd: root }).map(read).join('\n');
    const unused = Object.keys(packages.dependencies).filter(
      (name) => !used.has(name) && !texts.includes(`'${name}'`),
    );
    expect(unused).toEqual([]);
  });

  it('answers from exactly what is copied into it', () => {
    for (const source of copySources(image))
      cpSync(join(root, source), join(scratch, source), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
    const interlock = (...args: string[]) =>
      execFileSync(process.execPath, ['src/cli.ts', ...args], {
        cwd: scratch,
        encoding: 'utf8',
        env: { PATH: '/nowhere' },
      });
    expect(interlock('--help')).toContain('Usage: interlock');
    expect(interlock('plan', 'check', 'examples/plans/o8b-retry.yaml')).toContain('clean');
    const loads = "const { gates } = await import('./src/main.ts'); console.log(gates.length)";
    const args = ['--input-type=module', '--eval', loads];
    expect(Number(execFileSync(process.execPath, args, { cwd: scratch, encoding: 'utf8' }))).toBeGreaterThan(
      9,
    );
  });
});
