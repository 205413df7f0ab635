import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Command, script } from '../../src/host/command.ts';
import type { Host } from '../../src/host/host.ts';
import { runOk } from '../../src/host/run-ok.ts';
import { hostKinds, type StartedHost } from './each-host.ts';

const say = (body: string, args: string[] = [], more: Partial<Command> = {}): Command => ({
  ...script('observe', 'say', body, args),
  ...more,
});

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.each(hostKinds)('a host that is $kind', ({ start }) => {
  let started: StartedHost;
  let host: Host;
  let at: (name: string) => string;

  beforeAll(async () => {
    started = await start();
    host = started.host;
    at = (name) => join(started.dir, name);
  });
  afterAll(() => started.close());

  test('gives exit code, output, lengths and digests of a command', async () => {
    const result = await host.run(say('printf out; printf err >&2; exit 3'));
    expect(result).toMatchObject({
      host: 'web-1',
      title: 'say',
      argv: ['sh', '-euc', 'printf out; printf err >&2; exit 3', 'interlock'],
      exitCode: 3,
      stdout: 'out',
      stdoutBytes: 3,
      stdoutSha256: sha256('out'),
      stdoutTruncated: false,
      stderr: 'err',
      stderrBytes: 3,
      stderrSha256: sha256('err'),
      stderrTruncated: false,
    });
    expect(Date.parse(result.startedAt)).toBeLessThanOrEqual(Date.now());
    expect(result.durationMs).toBeGreaterThanOrEqual(0);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test('takes output on standard error with exit code 0 for success', async () => {
    const result = await runOk(host, say('echo warning >&2'));
    expect(result).toMatchObject({ exitCode: 0, stderr: 'warning\n' });
  });

  test('runOk throws command-failed with the end of standard error', async () => {
    await expect(runOk(host, say('echo reason >&2; exit 4'))).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('reason'),
      detail: { result: { exitCode: 4 } },
    });
  });

  test('says 127 for a program that is not there', async () => {
    expect((await host.run({ effect: 'observe', title: 'none', argv: ['no-such-program'] })).exitCode).toBe(
      127,
    );
  });

  test('hands arguments, environment and working directory over unchanged', async () => {
    const odd = `a'b "c" $(id) \`id\` \\ \n é 😀 *`;
    const body = 'printf "%s|%s|%s" "$1" "$ODD" "$PWD"';
    const result = await host.run(say(body, [odd], { env: { ODD: odd }, cwd: started.dir }));
    expect(result.stdout).toBe(`${odd}|${odd}|${started.dir}`);
  });

  test('gives an empty standard input to a command without one', async () => {
    expect((await host.run(say('cat; echo end'))).stdout).toBe('end\n');
  });

  test('feeds binary input and a large stream with back pressure', async () => {
    const bytes = randomBytes(20_000_000);
    const small = await host.run({ ...say('sha256sum'), stdin: bytes.subarray(0, 1000) });
    expect(small.stdout).toBe(`${sha256(bytes.subarray(0, 1000))}  -\n`);
    const large = await host.run(say('sha256sum'), { input: Readable.from(chunks(bytes)) });
    expect(large.stdout).toBe(`${sha256(bytes)}  -\n`);
  });

  test('ends well when the program does not read all of its input', async () => {
    const result = await host.run(say('head -c 1'), {
      input: Readable.from(chunks(Buffer.alloc(20_000_000, 'x'))),
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'x' });
  });

  test('keeps the start of large output and the end of large errors, and digests all of both', async () => {
    const size = 5_000_000;
    const body = `head -c ${size} /dev/zero | tr '\\0' a; echo out; (head -c ${size} /dev/zero | tr '\\0' b; echo err) >&2`;
    const seen = { stdout: 0, stderr: 0 };
    const result = await host.run(say(body), {
      maxOutputBytes: 1000,
      onOutput: (stream, chunk) => {
        seen[stream] += chunk.length;
      },
    });
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: 'a'.repeat(1000),
      stdoutBytes: size + 4,
      stdoutTruncated: true,
      stdoutSha256: sha256(`${'a'.repeat(size)}out\n`),
      stderr: `${'b'.repeat(996)}err\n`,
      stderrBytes: size + 4,
      stderrTruncated: true,
      stderrSha256: sha256(`${'b'.repeat(size)}err\n`),
    });
    expect(seen).toEqual({ stdout: size + 4, stderr: size + 4 });
  });

  test('carries both large streams at once', async () => {
    const size = 8_000_000;
    const body = `head -c ${size} /dev/zero >&2 & head -c ${size} /dev/zero; wait`;
    const result = await host.run(say(body), { maxOutputBytes: 10 });
    expect(result).toMatchObject({
      exitCode: 0,
      stdoutBytes: size,
      stderrBytes: size,
      stdoutSha256: sha256(Buffer.alloc(size)),
      stderrSha256: sha256(Buffer.alloc(size)),
    });
  });

  test('throws killed-by-signal when a signal ends the program', async () => {
    await expect(host.run(say('kill -9 $$'))).rejects.toMatchObject({
      code: 'killed-by-signal',
      detail: { signal: 'SIGKILL', ended: true },
    });
  });

  test('throws timeout at the deadline and leaves no process of the command', async () => {
    const body = `sleep 600 & echo $! > ${at('late')}; wait`;
    await expect(host.run(say(body, [], { timeoutMs: 200 }))).rejects.toMatchObject({
      code: 'timeout',
      detail: { ended: true },
    });
    const pid = Number(await readFile(at('late'), 'utf8'));
    await vi.waitUntil(() => !isAlive(pid));
  });

  test('ends a program that ignores SIGTERM', async () => {
    const body = `trap '' TERM; echo up; while :; do sleep 1; done`;
    const abort = new AbortController();
    const run = host.run(say(body), { signal: abort.signal, onOutput: () => abort.abort() });
    await expect(run).rejects.toMatchObject({ code: 'aborted', detail: { ended: true } });
  });

  test('throws aborted when the signal fires, and at once when it has fired before', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const run = host.run(say('echo up; exec sleep 600'), {
      signal: abort.signal,
      onOutput: () => abort.abort(reason),
    });
    await expect(run).rejects.toMatchObject({ code: 'aborted', cause: reason });
    await expect(host.run(say(`: > ${at('never')}`), { signal: abort.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(existsSync(at('never'))).toBe(false);
  });

  test('ends the program when the reader of its output fails', async () => {
    const run = host.run(say('echo up; exec sleep 600'), {
      onOutput: () => {
        throw new Error('full');
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'aborted', cause: { message: 'full' } });
  });

  test('ends the program when its input cannot be read', async () => {
    const input = new PassThrough();
    const run = host.run(say('echo up; cat > /dev/null'), {
      input,
      onOutput: () => input.destroy(new Error('disk')),
    });
    await expect(run).rejects.toMatchObject({ code: 'input-unreadable', cause: { message: 'disk' } });
  });

  test('runs 30 commands at once', async () => {
    const runs = Array.from({ length: 30 }, (_, n) => host.run(say('sleep 0.01; echo "$1"', [String(n)])));
    const results = await Promise.all(runs);
    expect(results.map(({ stdout }) => stdout)).toEqual(runs.map((_, n) => `${n}\n`));
  });

  test('uploads a stream and a file, with mode and digest', async () => {
    const bytes = randomBytes(300_000);
    await writeFile(at('source'), bytes);
    const upload = { sha256: sha256(bytes), bytes: bytes.length };
    const to = at("it's an artifact\n");
    const result = await host.upload({ ...upload, from: Readable.from(chunks(bytes)), to });
    expect(result).toMatchObject({ host: 'web-1', path: to, bytes: bytes.length, sha256: upload.sha256 });
    expect(await readFile(to)).toEqual(bytes);
    expect((await stat(to)).mode & 0o777).toBe(0o600);
    await host.upload({ ...upload, from: at('source'), to: at('second'), mode: 0o755 });
    expect((await stat(at('second'))).mode & 0o777).toBe(0o755);
  });

  test('uploads an empty file', async () => {
    await host.upload({ from: Readable.from([]), to: at('empty'), sha256: sha256(''), bytes: 0 });
    expect((await stat(at('empty'))).size).toBe(0);
  });

  test('refuses 20 MB with another sha256 and leaves nothing behind', async () => {
    const bytes = randomBytes(20_000_000);
    const upload = {
      from: Readable.from(chunks(bytes)),
      to: at('wrong'),
      sha256: sha256('other'),
      bytes: bytes.length,
    };
    await expect(host.upload(upload)).rejects.toMatchObject({ code: 'upload-mismatch' });
    expect((await readdir(started.dir)).filter((name) => name.startsWith('wrong'))).toEqual([]);
  });

  test('refuses an upload of another size, and keeps the file that was there', async () => {
    await writeFile(at('kept'), 'old');
    const upload = {
      from: Readable.from([Buffer.from('new')]),
      to: at('kept'),
      sha256: sha256('new'),
      bytes: 4,
    };
    await expect(host.upload(upload)).rejects.toMatchObject({ code: 'upload-mismatch' });
    expect(await readFile(at('kept'), 'utf8')).toBe('old');
  });

  test('an upload whose source fails half-way leaves nothing behind', async () => {
    const from = Readable.from(
      (function* () {
        yield randomBytes(100_000);
        throw new Error('disk');
      })(),
    );
    const upload = { from, to: at('half'), sha256: sha256('whole'), bytes: 200_000 };
    await expect(host.upload(upload)).rejects.toMatchObject({ code: 'input-unreadable' });
    expect((await readdir(started.dir)).filter((name) => name.startsWith('half'))).toEqual([]);
  });

  test('refuses an upload that cannot be right before anything is sent', async () => {
    const from = (): Readable => Readable.from([]);
    const right = { to: at('x'), sha256: sha256(''), bytes: 0 };
    for (const wrong of [{ to: 'x' }, { sha256: 'x' }, { bytes: -1 }, { mode: 0o4755 }]) {
      await expect(host.upload({ ...right, ...wrong, from: from() })).rejects.toMatchObject({
        code: 'usage',
      });
    }
  });

  test('forwards a port and carries bytes both ways', async () => {
    const server = createServer({ allowHalfOpen: true }, async (socket) => {
      socket.end(sha256(await buffer(socket)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    const forward = await host.forward('127.0.0.1', address.port);
    const bytes = randomBytes(3_000_000);
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const socket = connect({ host: forward.host, port: forward.port, allowHalfOpen: true });
        socket.end(bytes);
        return (await buffer(socket)).toString();
      }),
    );
    expect(answers).toEqual([sha256(bytes), sha256(bytes), sha256(bytes)]);
    await forward.close();
    await new Promise((resolve) => server.close(resolve));
    const late = connect({ host: forward.host, port: forward.port });
    const [error] = await once(late, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('hangs up on a forwarded connection whose far side is closed', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    await new Promise((resolve) => closed.close(resolve));
    const forward = await host.forward('127.0.0.1', address.port);
    const socket = connect({ host: forward.host, port: forward.port });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    await forward.close();
  });
});

test.each(hostKinds)(
  'close ends what runs on $kind, and nothing can be started afterwards',
  async ({ start }) => {
    const { host, close } = await start();
    const abort = new AbortController();
    const up = Promise.withResolvers<void>();
    const run = host.run(say('echo up; exec sleep 600'), {
      signal: abort.signal,
      onOutput: () => up.resolve(),
    });
    const outcome = run.catch((error: unknown) => error);
    await up.promise;
    await host.close();
    expect(await outcome).toMatchObject({ code: expect.stringMatching(/^(aborted|connection-lost)$/) });
    await expect(host.run(say(':'))).rejects.toMatchObject({ code: 'usage' });
    await close();
  },
);

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
}

/** A zombie, which only waits for its parent to notice, is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
