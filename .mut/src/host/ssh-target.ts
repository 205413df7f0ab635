import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { HostError } from './host-error.ts';

/** Where a host is, what it must prove to be, and how to log in. */
export type SshTarget = {
  /** The plan's name for the host. */
  readonly name: string;
  /** Host name or IP address. */
  readonly address: string;
  /** 22 without it. */
  readonly port?: number;
  readonly user: string;
  /** The pinned host key: `ssh-ed25519 AAAA…` and/or `SHA256:…`. There is no way to accept any key. */
  readonly hostKey: string;
  /** A private key in OpenSSH or PEM format, or the path of one, and its passphrase. */
  readonly privateKey?: string;
  readonly privateKeyPath?: string;
  readonly passphrase?: string;
  /** Path of an ssh-agent's socket, asked when there is no key or the key is not accepted. */
  readonly agent?: string;
  /** Milliseconds from the first packet to a finished login; 20,000 without it. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds between keepalives, three of which may go unanswered; 5,000 without it. */
  readonly keepaliveMs?: number;
  /** Milliseconds that a program gets to end after SIGTERM, and again after SIGKILL; 2,000 without it. */
  readonly killGraceMs?: number;
};

export type LoginMethods = {
  readonly privateKey?: string;
  readonly passphrase?: string;
  readonly agent?: string;
  readonly authHandler: ('publickey' | 'agent')[];
};

/** The ways to log in that a target offers, checked. Throws `usage`; no message ever holds the key's text. */
export async function loginMethods(target: SshTarget): Promise<LoginMethods> {
  const { name: host, privateKeyPath, passphrase, agent } = target;
  const privateKey =
    target.privateKey ?? (privateKeyPath === undefined ? undefined : await read(privateKeyPath, host));
  if (privateKey === undefined && agent === undefined) {
    throw new HostError('usage', 'expected a private key, the path of one or an ssh-agent, got none', {
      host,
    });
  }
  if (privateKey !== undefined) {
    const parsed: unknown = ssh2.utils.parseKey(privateKey, passphrase);
    if (parsed instanceof Error) {
      const at = privateKeyPath === undefined ? '' : ` in ${privateKeyPath}`;
      throw new HostError(
        'usage',
        `expected a readable private key${at}, got one that ssh2 refuses: ${parsed.message}`,
        {
          host,
        },
      );
    }
  }
  return {
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(agent === undefined ? {} : { agent }),
    authHandler: [
      ...(privateKey === undefined ? [] : (['publickey'] as const)),
      ...(agent === undefined ? [] : (['agent'] as const)),
    ],
  };
}

async function read(path: string, host: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HostError('usage', `expected a readable private key at ${path}, got an error`, { host, cause });
  }
}
