// A Slack workspace on loopback: the binary of npm package local-slack-<system>, started, driven and stopped.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { completeWorkspace, type WorkspacePerson } from './complete-workspace.ts';
import { createSlackControl, type SlackControl } from './slack-control.ts';

export interface LocalSlackOptions {
  readonly people: readonly WorkspacePerson[];
  /** The bot is a member of each. */
  readonly channels: readonly { id: string; name: string; members?: readonly string[] }[];
  readonly mode: 'socket' | 'events';
  /** Where events, commands and interactions are posted to in `events` mode. */
  readonly requestUrl?: string | undefined;
  /** Folder for its configuration and uploads; made when it is missing, and removed at close. */
  readonly dir: string;
  /** Another binary than the installed package's. */
  readonly binary?: string | undefined;
  /** TCP port of the page; 0, the default, takes a free one. */
  readonly port?: number | undefined;
}

export interface LocalSlack {
  /** Base of the Web API for the bot. */
  readonly apiUrl: string;
  /** Where a person opens the workspace in a browser. */
  readonly pageUrl: string;
  readonly teamId: string;
  readonly botUserId: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  /** Acts as the people of the workspace, and looks at what it holds. */
  readonly control: SlackControl;
  close(): Promise<void>;
}

/** Why there is no local workspace. */
export class LocalSlackError extends Error {
  override readonly name = 'LocalSlackError';
  readonly code: 'no-binary' | 'did-not-start';

  constructor(code: LocalSlackError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const teamId = 'T0INTERLOCK';
const botUserId = 'U0INTERLOCK';
const startMs = 20_000;

/** Starts it and resolves when it answers. Throws LocalSlackError. */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const binary = await findBinary(options.binary);
  await using started = new AsyncDisposableStack();
  await mkdir(options.dir, { recursive: true });
  started.defer(() => rm(options.dir, { recursive: true, force: true }));
  const secrets = {
    botToken: `xoxb-${randomBytes(12).toString('hex')}`,
    appToken: `xapp-${randomBytes(12).toString('hex')}`,
    signingSecret: randomBytes(16).toString('hex'),
  };
  const file = join(options.dir, 'workspace.yaml');
  await writeFile(file, stringify(configuration(options, secrets)), { mode: 0o600 });
  const child = spawn(
    binary,
    [
      '--config',
      file,
      '--port',
      String(options.port ?? 0),
      '--base-host',
      '127.0.0.1',
      '--files-dir',
      join(options.dir, 'files'),
    ],
    // A process group of its own: Ctrl-C in a terminal must not take it away before the bot has said goodbye. And nothing of
    // our environment, which may hold the tokens of a real workspace.
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { HOME: options.dir, PATH: '/usr/local/bin:/usr/bin:/bin' },
    },
  );
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  started.defer(async () => {
    await end(child);
    process.off('exit', endWithUs);
  });
  const pageUrl = await addressOf(child, binary);
  const control = createSlackControl(pageUrl);
  await control.state();
  const front = await completeWorkspace({ pageUrl, people: options.people });
  started.defer(() => front.close());
  const closing = started.move();
  return {
    apiUrl: front.apiUrl,
    pageUrl,
    teamId,
    botUserId,
    ...secrets,
    control,
    close: () => closing.disposeAsync(),
  };
}

async function findBinary(given: string | undefined): Promise<string> {
  const name = `local-slack-${process.platform}-${process.arch}`;
  const path = given ?? installed(name);
  if (path !== null && (await isExecutable(path))) return path;
  throw new LocalSlackError(
    'no-binary',
    `expected the local Slack workspace ${given ? `at ${given}` : `of npm package ${name}`}, got no executable file. ` +
      `Run \`npm install --no-save ${name}\`, or set LOCAL_SLACK_BIN to the path of a local-slack binary for this system.`,
  );
}

function installed(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(
      `${name}/bin/local-slack${process.platform === 'win32' ? '.exe' : ''}`,
    );
  } catch {
    return null;
  }
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function configuration({ people, channels, mode, requestUrl }: LocalSlackOptions, secrets: object) {
  return {
    workspace: { name: 'Interlock demo', domain: 'interlock-demo', teamId },
    app: {
      appId: 'A0INTERLOCK',
      botUserId,
      botName: 'interlock',
      ...secrets,
      mode,
      ...(requestUrl && { requestUrl }),
    },
    users: people.map(({ id, name, realName }) => ({
      id,
      name,
      real_name: realName,
      email: `${name}@example.test`,
    })),
    channels: channels.map(({ id, name, members }) => ({
      id,
      name,
      members: [...(members ?? people.map((person) => person.id)), botUserId],
    })),
  };
}

/** The address that it prints when it listens. */
async function addressOf(child: ChildProcess, binary: string): Promise<string> {
  const printed: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (what: string, cause?: unknown) =>
    reject(
      new LocalSlackError('did-not-start', `expected ${binary} to start, ${what}: ${printed.join('\n')}`, {
        cause,
      }),
    );
  const late = setTimeout(() => fail(`got no address within ${startMs} ms`), startMs);
  child.once('error', (cause) => fail('got an error', cause));
  child.once('exit', (code) => fail(`got exit ${code}`));
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      if (printed.length < 50) printed.push(line);
      const [, url] = /Web UI:\s+(http:\/\/\S+)/.exec(line) ?? [];
      if (url) resolve(url);
    });
  }
  return promise.finally(() => clearTimeout(late));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 3000);
  await exited;
  clearTimeout(late);
}
