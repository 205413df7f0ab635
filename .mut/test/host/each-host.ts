import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSshKeyPair } from '../../src/demo/ssh-key-pair.ts';
import { startSshServer } from '../../src/demo/ssh-server.ts';
import type { Host } from '../../src/host/host.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { SshHost } from '../../src/host/ssh-host.ts';
import type { SshTarget } from '../../src/host/ssh-target.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';

export type StartedHost = { readonly host: Host; readonly dir: string; close(): Promise<void> };

/** How to log in to a fixture's server. */
export function targetOf(server: OpenSsh, more: Partial<SshTarget> = {}): SshTarget {
  const { host: address, port, user, hostKey, privateKey } = server;
  return { name: 'web-1', address, port, user, hostKey, privateKey, killGraceMs: 500, ...more };
}

/** Every implementation of `Host`; one contract holds for all of them. */
export const hostKinds: readonly { readonly kind: string; readonly start: () => Promise<StartedHost> }[] = [
  {
    kind: 'this machine',
    start: async () => {
      const dir = await mkdtemp(join(tmpdir(), 'interlock-test-local-'));
      const host = new LocalHost({ name: 'web-1', killGraceMs: 500 });
      return { host, dir, close: () => closeAll(host, () => rm(dir, { recursive: true })) };
    },
  },
  {
    kind: 'OpenSSH',
    start: async () => {
      const server = await startOpenSsh();
      const host = new SshHost(targetOf(server));
      return { host, dir: server.dir, close: () => closeAll(host, () => server.close()) };
    },
  },
  {
    kind: 'the SSH server in this process',
    start: async () => {
      const dir = await mkdtemp(join(tmpdir(), 'interlock-test-ssh-server-'));
      const { publicKey: authorizedKey, privateKey } = generateSshKeyPair();
      const server = await startSshServer({ root: dir, authorizedKey });
      const { host: address, port, hostKey } = server;
      const host = new SshHost({
        name: 'web-1',
        address,
        port,
        user: 'deploy',
        hostKey,
        privateKey,
        killGraceMs: 500,
      });
      return {
        host,
        dir,
        close: () =>
          closeAll(host, async () => {
            await server.close();
            await rm(dir, { recursive: true });
          }),
      };
    },
  },
];

async function closeAll(host: Host, rest: () => Promise<void>): Promise<void> {
  await host.close();
  await rest();
}
