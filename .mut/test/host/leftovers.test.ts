// What a transfer leaves beside the live tree when it is cut off: nothing, or what the next attempt removes by its name.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { removeStaged, unpackTarGz } from '../../src/host/commands/mutate-tree.ts';
import type { Host } from '../../src/host/host.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { runOk } from '../../src/host/run-ok.ts';
import { SshHost } from '../../src/host/ssh-host.ts';
import { uploadThrough } from '../../src/host/upload.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';
import { mountSmallDisk, noSmallDisk } from '../fixtures/small-disk.ts';
import { targetOf } from './each-host.ts';

/** Gives all that it has unpacked, and fails once it is let go, where a file says so. */
const heldGzip = `#!/bin/sh
hold=$(dirname "$0")/hold
[ -e "$hold" ] || exec /usr/bin/gzip "$@"
/usr/bin/gzip "$@"
while [ -e "$hold" ]; do sleep 0.02; done
exit 1
`;

/** On a slow machine. */
const soon = { timeout: 20_000 };

describe.each(['dash', 'bash'])('with %s as sh on the host', (shell) => {
  let server: OpenSsh;
  let ssh: SshHost;
  /** Commands on the host find this shell as `sh`. */
  let host: Host;
  /** Programs that are found before the system’s. */
  let bin: string;
  let parent: string;
  let archive: string;
  let staged: string;

  beforeAll(async () => {
    server = await startOpenSsh({ forceCommand: true });
    ssh = new SshHost(targetOf(server));
    bin = join(server.dir, 'bin');
    await mkdir(bin);
    await symlink(`/usr/bin/${shell}`, join(bin, 'sh'));
    await writeFile(join(bin, 'gzip'), heldGzip, { mode: 0o755 });
    const env = { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` };
    host = {
      name: ssh.name,
      run: (command, options) => ssh.run({ ...command, env }, options),
      upload: (upload) => uploadThrough(host, upload),
      forward: (...args) => ssh.forward(...args),
      close: () => ssh.close(),
    };
  });
  afterAll(async () => {
    await ssh?.close();
    await server?.close();
  });
  beforeEach(async () => {
    parent = await mkdtemp(join(server.dir, 'srv-'));
    archive = join(parent, 'app.artifact-r1.tar.gz');
    staged = join(parent, 'app.staged-r1');
  });

  afterEach(() => rm(join(bin, 'hold'), { force: true }));

  const left = () => readdir(parent);
  const everything = async () => (await readdir(parent, { recursive: true })).length;

  it('the loss of the connection in the middle of an upload leaves no part', async () => {
    const bytes = randomBytes(300_000);
    const source = new PassThrough();
    source.write(bytes.subarray(0, 200_000));
    const upload = host
      .upload({ from: source, to: archive, sha256: sha256Hex(bytes), bytes: bytes.length })
      .catch((error: unknown) => error);
    await expect.poll(everything, soon).toBe(2);
    server.dropConnections();
    expect(await upload).toMatchObject({ code: 'connection-lost' });
    await expect.poll(left, soon).toEqual([]);
    // And it can be done again at once.
    await host.upload({
      from: new PassThrough().end(bytes),
      to: archive,
      sha256: sha256Hex(bytes),
      bytes: bytes.length,
    });
    expect(await left()).toEqual(['app.artifact-r1.tar.gz']);
  });

  it('the loss of the connection before the upload begins leaves no part', async () => {
    const bytes = randomBytes(1_000);
    await server.pauseOn('.part');
    const upload = host
      .upload({ from: new PassThrough().end(bytes), to: archive, sha256: sha256Hex(bytes), bytes: 1_000 })
      .catch((error: unknown) => error);
    await server.paused();
    server.dropConnections();
    expect(await upload).toMatchObject({ code: 'connection-lost' });
    await server.resume();
    // The command still runs, on what was sent; whole or not at all.
    await host.run({ ...removeStaged(archive, join(parent, 'app')) });
    await expect.poll(async () => (await left()).filter((name) => name.endsWith('.part')), soon).toEqual([]);
  });

  it('the loss of the connection while an archive is unpacked leaves neither archive nor half a tree', async () => {
    const source = join(server.dir, `source-${shell}`);
    await mkdir(source);
    for (const name of ['a', 'b', 'c']) await writeFile(join(source, name), randomBytes(100_000));
    execFileSync('tar', ['-czf', archive, '-C', source, '.']);
    await writeFile(join(bin, 'hold'), '');
    const unpacking = host.run(unpackTarGz(archive, staged)).catch((error: unknown) => error);
    const begun = (name: string) => name.startsWith('app.staged-r1.part/');
    await expect.poll(async () => (await readdir(parent, { recursive: true })).some(begun), soon).toBe(true);
    expect(await left()).not.toContain('app.staged-r1');
    server.dropConnections();
    expect(await unpacking).toMatchObject({ code: 'connection-lost' });
    await rm(join(bin, 'hold'));
    await expect.poll(left, soon).toEqual([]);
  });

  it('a broken archive leaves neither itself nor half a tree', async () => {
    await writeFile(archive, execFileSync('tar', ['-cz', '-C', server.dir, 'sshd']).subarray(0, 700));
    expect((await host.run(unpackTarGz(archive, staged))).exitCode).not.toBe(0);
    expect(await left()).toEqual([]);
  });

  it('what a machine that died has left is removed by the next attempt, by its own names', async () => {
    const names = [
      'app',
      'app.staged-r1',
      'app.staged-r1.part',
      'app.artifact-r1.tar.gz.part',
      'app.staged-r10',
    ];
    for (const name of names) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, 'file'), name);
    }
    await writeFile(archive, 'half');
    await runOk(host, removeStaged([staged, archive], join(parent, 'app')));
    expect((await left()).sort()).toEqual(['app', 'app.staged-r10']);
  });
});

it('a disk that is full while an archive is unpacked leaves neither archive nor half a tree', async (context) => {
  const base = await mkdtemp(join(tmpdir(), 'interlock-full-'));
  const host = new LocalHost();
  const disk = await mountSmallDisk(join(base, 'disk'), '512k');
  try {
    if (disk === null) return context.skip(noSmallDisk);
    await mkdir(join(base, 'source'));
    await writeFile(join(base, 'source', 'zeros'), Buffer.alloc(2_000_000));
    const archive = join(disk.directory, 'app.artifact-r1.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', join(base, 'source'), '.']);
    const result = await host.run(unpackTarGz(archive, join(disk.directory, 'app.staged-r1')));
    expect(result.stderr).toMatch(/No space left|Wrote only/);
    expect(await readdir(disk.directory)).toEqual([]);
  } finally {
    await disk?.close();
    await host.close();
    await rm(base, { recursive: true, force: true });
  }
});
