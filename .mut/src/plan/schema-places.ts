// Where things are: hosts, live paths, and the artifact that goes there.
import { z } from 'zod';
import { absolutePath, identifier } from './schema-scalars.ts';

/** `ssh-keyscan` prints the host's name in front, and `/etc/ssh/*.pub` has a comment behind. */
function hostKeyWords(given: string): string {
  const [, before, algorithm, after] =
    /^(.*?)\b(ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa)\s+\S+(.*)$/s.exec(given) ?? [];
  const move = before?.trim()
    ? ` (leave out the host name before ${algorithm})`
    : after?.trim()
      ? ' (leave out what comes after the key)'
      : '';
  return `a public key such as "ssh-ed25519 AAAA…"${move}`;
}

export const hostSchema = z
  .strictObject({
    address: z.string().min(1).describe('DNS name or IP address of the host.'),
    port: z.int().min(1).max(65535).default(22).describe('TCP port of its SSH server.'),
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_.-]*$/i)
      .describe('Login name on the host.'),
    hostKey: z
      .string()
      .regex(
        /^(ssh-ed25519|ecdsa-sha2-nistp256|ecdsa-sha2-nistp384|ecdsa-sha2-nistp521|ssh-rsa) [A-Za-z0-9+/]+=*$/,
        { error: ({ input }) => hostKeyWords(String(input)) },
      )
      .describe(
        'Pinned public key of the host, as `ssh-keyscan` prints it without the host name: "ssh-ed25519 AAAA…".',
      ),
    credential: identifier
      .default('default')
      .describe('Name of the private key in the worker’s configuration.'),
  })
  .describe('A machine that is reached over SSH.');

export const artifactSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._{}-]*$/)
    .describe('File name without ending; {commit} is the short commit id.'),
  exclude: z.array(z.string().min(1)).default([]).describe('Globs of tracked files to leave out.'),
});

export const targetSchema = z.strictObject({
  host: identifier.describe('A host of the plan.'),
  livePath: absolutePath.describe('The directory that is exchanged.'),
  first: z
    .boolean()
    .default(false)
    .describe('Nothing is live there yet: the anchor is "absent", and the way back is removal.'),
  keepBackups: z.int().min(1).default(5).describe('Backups that are kept, the newest first.'),
  keepBackupDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('Backups older than this are removed too. The anchor of what is live never is.'),
});
export type PlanTarget = z.infer<typeof targetSchema>;
