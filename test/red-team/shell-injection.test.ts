// Hostile text in every parameter of every command, under real shells: it arrives byte for byte, and starts nothing.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { rollbackCommands } from '../../src/gate/rollback-commands.ts';
import { type Command, toShell } from '../../src/host/command.ts';
import { fenced, setFence } from '../../src/host/commands/mutate-fence.ts';
import { appendJournal } from '../../src/host/commands/mutate-journal.ts';
import {
  copyTree,
  makeDirectory,
  removeStaged,
  renameToBackup,
  unpackTarGz,
} from '../../src/host/commands/mutate-tree.ts';
import { diskSpace, parseDiskSpace } from '../../src/host/commands/observe-disk.ts';
import { fileState, parseFileState } from '../../src/host/commands/observe-file.ts';
import { gitState, parseGitState } from '../../src/host/commands/observe-git.ts';
import { parseJournal, readJournal } from '../../src/host/commands/observe-journal.ts';
import {
  lockHolderAt,
  lockSightAt,
  parseLockHolder,
  parseLockSight,
} from '../../src/host/commands/observe-lock.ts';
import { parsePathFacts, pathFacts } from '../../src/host/commands/observe-path.ts';
import { parseTreeListing, treeListing } from '../../src/host/commands/observe-tree.ts';
import { exchangeCommand, exchangeTrials, parseExchangeTrials } from '../../src/host/exchange.ts';
import { EXCHANGE_WAYS } from '../../src/host/exchange-programs.ts';
import type { CommandResult } from '../../src/host/host.ts';
import { holdLock, underCommitLock } from '../../src/host/lock.ts';
import { killMarked } from '../../src/host/marked-program.ts';
import { placeCommand } from '../../src/host/place.ts';
import { receiveUpload } from '../../src/host/upload.ts';
import { readModules } from '../layers/modules.ts';
import { commandTable, type Hostile, resultOf } from './command-table.ts';
import { hostileName, hostileText, sample } from './hostile-text.ts';
import { type Line, type LineResult, runLines } from './run-lines.ts';

const root = join(import.meta.dirname, '..', '..');
/** Those that there are, each once: `sh` is another one's name. */
const shells = ['sh', 'bash', 'dash', 'busybox'].filter((shell, index, all) => {
  const found = programOf(shell);
  return found !== '' && all.findIndex((each) => programOf(each) === found) === index;
});
function programOf(shell: string): string {
  return spawnSync('sh', ['-c', `readlink -f "$(command -v ${shell})"`], { encoding: 'utf8' }).stdout.trim();
}
const startShell = (shell: string, lines: readonly Line[], args: readonly string[] = []) =>
  runLines(shell, lines, { cwd: scratch, args: [...(shell === 'busybox' ? ['sh'] : []), ...args] });

let scratch: string;
let canary: { directory: string; variable: 'HACKED' };
let inputs = 0;

beforeAll(() => {
  // In memory where that can be: the scripts flush to the disk again and again.
  scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'interlock-red-'));
  canary = { directory: join(scratch, 'canary'), variable: 'HACKED' };
  mkdirSync(canary.directory);
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Nobody has executed a payload. */
function expectUntouched(results: readonly LineResult[] = []): void {
  expect(readdirSync(canary.directory)).toEqual([]);
  expect(results.filter(({ hacked }) => hacked !== '')).toEqual([]);
}

function hostiles(count: number, seed: number): Hostile[] {
  const words = fc.array(
    hostileText(canary).filter((word) => word !== ''),
    { minLength: 1, maxLength: 6 },
  );
  const some = sample(fc.tuple(hostileName(canary), hostileText(canary), words), count, seed);
  return some.map(([name, text, list]) => ({ name, text, words: list }));
}

const printing = (argv: readonly string[]): Line => ({
  text: toShell({ effect: 'observe', title: 'print', argv: ['printf', '%s\\0', ...argv] }),
});

/** Packs words into lines that a shell takes, and unpacks what it printed. */
async function throughShell(shell: string, words: readonly string[]): Promise<string[]> {
  const lines: string[][] = [[]];
  let size = 0;
  for (const word of words) {
    const bytes = Buffer.byteLength(word) * 4 + 3;
    if (size + bytes > 100_000) {
      lines.push([]);
      size = 0;
    }
    lines.at(-1)?.push(word);
    size += bytes;
  }
  const results = await startShell(shell, lines.map(printing));
  expectUntouched(results);
  return results.flatMap(({ stdout }) => stdout.split('\0').slice(0, -1));
}

describe('the table of commands', () => {
  it('has every function of the program that builds commands, and no other', () => {
    const builders = readModules(root, ['src', 'jobs', 'commands']).flatMap(({ path }) =>
      [
        ...readFileSync(join(root, path), 'utf8').matchAll(
          /^export (?:async )?function (\w+)\((?:(?!^\}$)[\s\S])*?\): (?:readonly )?Command(?:\[\])? \{$/gm,
        ),
      ].map(([, name]) => `${path} ${name}`),
    );
    const throughHosts = ['run-suite.ts runSuite', 'run-suite.ts runProofs'].map(
      (name) => `src/gate/${name}`,
    );
    const expected = [
      ...builders,
      ...throughHosts,
      'src/probe/read-probe.ts readProbe',
      'jobs/command-proof.ts commandProof',
    ];
    expect(Object.keys(commandTable).toSorted()).toEqual(expected.toSorted());
    expect(builders.length).toBeGreaterThan(20);
  });

  it('knows every file in which argv, a script or shell text is made', () => {
    const makers = readModules(root, ['src', 'jobs', 'commands']).filter(({ path }) =>
      /\bargv: \[|\bargv(?:: \w+[.\w]*)?,$|\bscript\(|\btoShell\(|\bshellQuote\(|\bspawn\(|\bexecFile/m.test(
        readFileSync(join(root, path), 'utf8'),
      ),
    );
    const inTable = new Set(Object.keys(commandTable).map((name) => name.split(' ')[0]));
    const others = makers.map(({ path }) => path).filter((path) => !inTable.has(path));
    expect(others).toEqual([
      // A constant command each.
      'jobs/host-survey.ts',
      'jobs/precheck.ts',
      // Without a shell; see git-injection.test.ts.
      'src/artifact/run-git.ts',
      // Quote a word of advice, which a person types.
      'src/attestation/keys.ts',
      'src/cli/examine.ts',
      'src/config/load.ts',
      // The stage of the demo and of the tests.
      'src/demo/debian-packages.ts',
      'src/demo/local-slack.ts',
      'src/demo/server-process.ts',
      'src/demo/ssh-session-program.ts',
      // Write down what was run.
      'src/gate/recorder.ts',
      // These run the lines that `toShell` makes.
      'src/host/local-host.ts',
      'src/host/run-to-end.ts',
      'src/host/ssh-host.ts',
      'src/host/ssh-program.ts',
      // Quote a word of advice, as above.
      'src/operator/control-command.ts',
      'src/report/advise-next.ts',
    ]);
  });
});

describe.each(shells)('%s', (shell) => {
  it('hands every word on as it was given', async () => {
    const words = sample(hostileText(canary), 4_000, 0x5eed);
    inputs += words.length;
    expect(await throughShell(shell, words)).toEqual(words);
  });

  it('hands on every parameter of every command as it was given', async () => {
    const words: string[] = [];
    for (const [name, build] of Object.entries(commandTable)) {
      for (const hostile of hostiles(30, 0xb111d)) {
        const { commands, carried } = await build(hostile);
        expect(commands.length, name).toBeGreaterThan(0);
        const argv = commands.flatMap((command) => command.argv);
        for (const each of carried) expect(argv.includes(each), `${name}: ${each}`).toBe(true);
        inputs += carried.length;
        words.push(...argv);
      }
    }
    expect(await throughShell(shell, words)).toEqual(words);
  });

  it('goes to the directory that is named, and sets the variable to the value that is given', async () => {
    const parent = join(scratch, `cwd-${shell}`);
    const names = sample(hostileName(canary), 60, 0xc0d);
    const lines = names.map((name, index): Line => {
      const cwd = join(parent, String(index), name);
      mkdirSync(cwd, { recursive: true });
      const argv = ['sh', '-c', 'printf "%s\\0" "$PWD" "$VALUE"'];
      return { text: toShell({ effect: 'observe', title: 'look', argv, cwd, env: { VALUE: name } }) };
    });
    const results = await startShell(shell, lines);
    inputs += 2 * names.length;
    expectUntouched(results);
    for (const [index, name] of names.entries())
      expect(results[index]?.stdout).toBe(`${join(parent, String(index), name)}\0${name}\0`);
  });

  it('runs the way back as it is written down, pasted line by line', async () => {
    const names = sample(hostileName(canary), 100, 0xbacc)
      .filter((name) => !/\p{Cc}/u.test(name))
      .slice(0, 12);
    const lines: Line[] = [];
    for (const [index, name] of names.entries()) {
      const live = join(scratch, `back-${shell}`, String(index), name);
      for (const [path, content] of [
        [live, 'new'],
        [`${live}.pre-r`, 'old'],
      ] as const) {
        mkdirSync(path, { recursive: true });
        writeFileSync(join(path, 'version'), content);
      }
      for (const text of rollbackCommands('perl', live, `${live}.pre-r`, 'r')) lines.push({ text });
    }
    // As in a terminal, where "!" brings back an earlier line.
    const interactive = shell === 'bash' ? ['--norc', '-o', 'history', '-o', 'histexpand'] : [];
    const results = await startShell(shell, lines, interactive);
    inputs += names.length;
    expectUntouched(results);
    expect(results.map(({ exitCode }) => exitCode)).toEqual(results.map(() => 0));
    for (const [index, name] of names.entries()) {
      const live = join(scratch, `back-${shell}`, String(index), name);
      expect(readFileSync(join(live, 'version'), 'utf8')).toBe('old');
      expect(readFileSync(join(`${live}.bad-r`, 'version'), 'utf8')).toBe('new');
    }
  });
});

describe('the real scripts', () => {
  it('do what they say on hostile names, and nothing else', async () => {
    const names = sample(hostileName(canary), 16, 0xfeed).filter((name) => !name.includes('\ufffd'));
    const steps: { readonly line: Line; readonly judge: (result: CommandResult) => void }[] = [];
    const step = (command: Command, judge: (result: CommandResult) => void, input?: string) =>
      steps.push({ line: { text: toShell(command), ...(input && { input }) }, judge });
    const ok = ({ exitCode, argv }: CommandResult) => expect(exitCode, argv.join(' ')).toBe(0);
    const print = (words: readonly string[]): Command => ({
      effect: 'mutate',
      title: 'print',
      argv: ['printf', '%s\\0', ...words],
    });

    const payload = join(scratch, 'payload');
    writeFileSync(payload, 'payload');
    for (const [index, name] of names.entries()) {
      const base = join(scratch, 'real', String(index));
      const tree = join(base, name);
      mkdirSync(tree, { recursive: true });
      writeFileSync(join(tree, name), name);
      symlinkSync(name, join(tree, 'link'));
      const line = name.replaceAll('\n', '↵');

      step(pathFacts([tree, join(tree, name), `${tree} absent`]), (result) =>
        expect(parsePathFacts(result).map(({ path, kind }) => [path, kind])).toEqual([
          [tree, 'directory'],
          [join(tree, name), 'file'],
          [`${tree} absent`, 'absent'],
        ]),
      );
      step(treeListing(tree), (result) => {
        const listed = parseTreeListing(result);
        expect(listed.map(({ path }) => path).toSorted()).toEqual([name, 'link'].toSorted());
        expect(listed).toContainEqual(expect.objectContaining({ path: 'link', target: name }));
      });
      step(fileState(join(tree, name)), (result) =>
        expect(parseFileState(result)).toMatchObject({ value: { sha256: sha256Hex(name), link: undefined } }),
      );
      step(fileState(join(tree, 'link')), (result) =>
        expect(parseFileState(result)).toMatchObject({ value: { sha256: sha256Hex(name), link: name } }),
      );
      step(diskSpace(tree), (result) => expect(parseDiskSpace(result).totalBytes).toBeGreaterThan(0));
      step(gitState(tree), (result) => expect(parseGitState(result)).toMatchObject({ reason: 'no-path' }));
      step(readJournal(join(tree, name)), (result) =>
        expect([...parseJournal(result).lines, parseJournal(result).torn].join('\n')).toContain(
          name.split('\n').findLast((each) => each !== '') ?? '',
        ),
      );
      step(makeDirectory(join(base, 'made', name, name)), (result) => {
        ok(result);
        expect(readdirSync(join(base, 'made', name))).toEqual([name]);
      });
      step(appendJournal(join(base, `${name}.journal`), line), (result) => {
        ok(result);
        expect(readFileSync(join(base, `${name}.journal`), 'utf8')).toBe(`${line}\n`);
      });
      step(setFence(join(base, 'fences', name), 'run/1'), ok);
      step(fenced(print([name, line]), join(base, 'fences', name), 'run/1'), (result) =>
        expect(result.stdout).toBe(`${name}\0${line}\0`),
      );
      step(fenced(print([name]), join(base, 'fences', name), 'run/2'), (result) =>
        expect(result).toMatchObject({ exitCode: 76, stdout: '' }),
      );
      step(underCommitLock(print([name]), join(base, `${name}.commit`)), (result) =>
        expect(result.stdout).toBe(`${name}\0`),
      );
      const holder = { owner: name, run: name, reason: line, since: '2026-05-21T05:00:00.000Z' };
      writeFileSync(join(base, `${name}.held.holder`), JSON.stringify(holder));
      step(lockHolderAt(join(base, `${name}.held`)), (result) =>
        expect(parseLockHolder(result)).toEqual(holder),
      );
      step(holdLock(join(base, 'locks', name), holder), (result) => expect(result.stdout).toBe('LOCKED\n'));
      step(lockSightAt(join(base, `${name}.held`), join(base, 'fences', name)), (result) =>
        expect(parseLockSight(result)).toEqual({ fence: 'run/1', holder, processes: [] }),
      );
      const takeover = { fence: join(base, 'fences', name), token: 'run/2', was: 'run/1', end: [] };
      step(holdLock(join(base, 'locks', name), holder, takeover), (result) =>
        expect(result.stdout).toBe('LOCKED\n'),
      );
      step(
        receiveUpload({ to: join(base, `${name}.up`), sha256: sha256Hex('payload'), bytes: 7 }),
        (result) => {
          ok(result);
          expect(readFileSync(join(base, `${name}.up`), 'utf8')).toBe('payload');
        },
        payload,
      );
      const [copy, backup] = [join(base, `copy of ${name}`), join(base, `old ${name}`)];
      step(copyTree(tree, copy), ok);
      // A second each time, on a slow machine.
      if (index < 4)
        step(exchangeTrials(tree), (result) =>
          expect(EXCHANGE_WAYS).toContain(parseExchangeTrials(result).way),
        );
      step(exchangeCommand('perl', tree, copy), ok);
      step(placeCommand('perl', copy, `${copy}.placed`), ok);
      step(placeCommand('perl', `${copy}.placed`, copy), ok);
      step(renameToBackup(copy, backup), (result) => {
        ok(result);
        expect(existsSync(copy)).toBe(false);
      });
      step(copyTree(tree, backup), (result) => expect(result.exitCode).toBe(17));
      step(unpackTarGz(join(tree, name), join(base, 'unpacked', name)), ({ exitCode }) =>
        expect(exitCode).not.toBe(0),
      );
      step(removeStaged(backup, tree), (result) => {
        ok(result);
        expect(existsSync(backup)).toBe(false);
        expect(existsSync(tree)).toBe(true);
      });
    }
    step(killMarked(`no such mark'; touch ${canary.directory}/mark; '`, 'TERM'), ok);

    const results = await startShell(
      'sh',
      steps.map(({ line }) => line),
    );
    inputs += steps.length;
    expectUntouched(results);
    for (const [index, { judge }] of steps.entries()) {
      const { stdout = '', exitCode = -1 } = results[index] ?? {};
      judge(resultOf(steps[index]?.line.text ?? '', stdout, exitCode));
    }
  });

  it('start nothing that a repository configures', async () => {
    const repository = join(scratch, 'hostile-repository');
    const mark = join(canary.directory, 'filter');
    const program = join(scratch, 'filter.sh');
    writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\ncat\n`, { mode: 0o755 });
    const git = (cwd: string, ...args: string[]) => {
      const env = { PATH: '/usr/bin:/bin', HOME: scratch, GIT_CONFIG_NOSYSTEM: '1' };
      const { status, stderr } = spawnSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
        cwd,
        env,
      });
      expect(status, String(stderr)).toBe(0);
    };
    // The inner repository has a driver of a name that the outer one does not know.
    const places = [
      [join(repository, 'module'), ['inner']],
      [repository, ['a=b', 'évil', 'plain']],
    ] as const;
    for (const [place, drivers] of places) {
      mkdirSync(place, { recursive: true });
      git(place, 'init', '--quiet', '--initial-branch=main');
      const attributes = drivers.map((driver, index) => `*.${index} filter=${driver}\n`);
      writeFileSync(join(place, '.gitattributes'), attributes.join(''));
      for (const index of drivers.keys()) writeFileSync(join(place, `a.${index}`), 'one');
      git(place, 'add', '--all');
      git(place, 'commit', '--quiet', '-m', 'one');
      const filters = drivers.flatMap((driver) =>
        ['clean', 'smudge', 'process'].map(
          (kind) => `[filter "${driver}"]\n\t${kind} = ${program}\n\trequired = true\n`,
        ),
      );
      const others = ['fsmonitor', 'hooksPath', 'pager'].map((name) => `[core]\n\t${name} = ${program}\n`);
      appendFileSync(join(place, '.git', 'config'), [...filters, ...others].join(''));
      // Of the same length, so that only the content tells.
      for (const index of drivers.keys()) writeFileSync(join(place, `a.${index}`), 'two');
    }
    const [result] = await startShell('sh', [{ text: toShell(gitState(repository)) }]);
    expectUntouched();
    const state = parseGitState(resultOf('git state', result?.stdout ?? '', result?.exitCode));
    expect(state).toMatchObject({ value: { branch: 'main', clean: false } });
    expect(state).toMatchObject({
      value: { changes: [' M a.0', ' M a.1', ' M a.2'] },
    });
  });
});

describe('what cannot be carried', () => {
  it('is refused when it is built: NUL, half a character, a program that looks like an option', () => {
    const print = (...argv: string[]): Command => ({ effect: 'mutate', title: 'x', argv });
    const refused = expect.objectContaining({ code: 'usage' });
    for (const text of ['a\0b', '\0', '\ud800', 'a\udc00'])
      expect(() => toShell(print('printf', text))).toThrow(refused);
    for (const argv of [['-c', `touch ${canary.directory}/flock`], [''], []]) {
      expect(() => toShell(print(...argv))).toThrow(refused);
      expect(() => underCommitLock(print(...argv), '/srv/lock')).toThrow(refused);
      expect(() => fenced(print(...argv), '/srv/fence', 'run/1')).toThrow(refused);
    }
    for (const text of sample(hostileText(canary), 300, 0xbad)) {
      inputs += 1;
      if (!/^[A-Za-z0-9._/-]{1,200}$/.test(text)) expect(() => setFence('/srv/fence', text)).toThrow(refused);
      if (!text.startsWith('/')) expect(() => fileState(text)).toThrow(refused);
    }
  });

  it('is refused in what people paste: a terminal obeys control characters before the shell reads a quote', () => {
    for (const text of ['\r', '\u0015', '\u001b[200~', '\t', '\n', '\u0085'])
      expect(() => rollbackCommands('perl', `/srv/a${text}b`, '/srv/a.pre', 'r')).toThrow(
        expect.objectContaining({ code: 'usage' }),
      );
  });
});

it('thousands of inputs were tried', () => {
  expect(inputs).toBeGreaterThan(10_000);
});
