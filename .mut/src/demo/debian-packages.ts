// Servers and tools from Debian's packages, installed when missing: of the tests, and of demos that need a real PostgreSQL.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

interface Need {
  readonly package: string;
  readonly present: () => boolean;
}

const onPath = (program: string) =>
  [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'].some((directory) =>
    existsSync(join(directory, program)),
  );

const needs: readonly Need[] = [
  { package: 'git', present: () => onPath('git') },
  { package: 'openssl', present: () => onPath('openssl') },
  { package: 'openssh-server', present: () => existsSync('/usr/sbin/sshd') },
  { package: 'openssh-client', present: () => onPath('ssh-keygen') },
  { package: 'redis-server', present: () => onPath('redis-server') },
  { package: 'postgresql', present: hasPostgres },
  { package: 'postgresql-client', present: () => onPath('psql') },
  { package: 'gnupg', present: () => ['gpg', 'gpg-agent', 'gpgconf'].every(onPath) },
  { package: 'chromium', present: () => onPath('chromium') },
];

function hasPostgres(): boolean {
  const root = '/usr/lib/postgresql';
  return (
    existsSync(root) && readdirSync(root).some((version) => existsSync(join(root, version, 'bin', 'initdb')))
  );
}

/** What all tests together need. */
export const everyPackage: readonly string[] = needs.map((need) => need.package);

/**
 * Installs what is missing of these packages, as root and without a prompt. `who` needs them. Throws with the command to run
 * when that cannot be done.
 */
export function installMissing(packages: readonly string[], who: string, say: (line: string) => void): void {
  const missing = needs
    .filter((need) => packages.includes(need.package) && !need.present())
    .map((need) => need.package);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!onPath('apt-get') || process.getuid?.() !== 0) {
    throw new Error(
      `${who} needs ${missing.join(', ')}; expected to install them as root on Debian. Run: sudo ${command}`,
    );
  }
  say(`installing for ${who}: ${missing.join(', ')}`);
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'] as const,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  // A package starts its own server on installation; the tests start theirs, and leave none behind.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) execFileSync('sh', ['-c', `printf '#!/bin/sh\\nexit 101\\n' > ${policy} && chmod 755 ${policy}`]);
  try {
    execFileSync('apt-get', ['update', '-qq'], { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
      ...options,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    if (ours) execFileSync('rm', ['-f', policy]);
  }
}
