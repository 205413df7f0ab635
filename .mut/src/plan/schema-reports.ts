// Where a run's report is published, and under which names.
import { z } from 'zod';
import { absolutePath, branchName, identifier, relativePath } from './schema-scalars.ts';

// No https: git would need a password, which has no place in a plan. A host or path never begins with "-": git and ssh
// would take it for an option.
const sshRepository =
  /^(?:ssh:\/\/(?:[a-z_][a-z0-9_.-]*@)?[a-z0-9[][a-z0-9.:[\]-]*\/[^\s\0]+|[a-z_][a-z0-9_.-]*@[a-z0-9][a-z0-9.-]*:[^\s\0-][^\s\0]*)$/i;

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The token goes with every request: in the clear to this machine at most. */
function isPrivateUrl(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const bare = username === '' && password === '' && search === '' && hash === '';
  return bare && (protocol === 'https:' || loopback.has(hostname));
}

const publisherSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('directory'),
      directory: absolutePath.describe('Knowledge base on the control plane’s machine; it must exist.'),
    }),
    z.strictObject({
      kind: z.literal('git'),
      repository: z
        .union([absolutePath, z.string().regex(sshRepository)])
        .describe(
          'Path, ssh://[user@]host[:port]/path or user@host:path. SSH as the control plane’s account.',
        ),
      branch: branchName.describe('Branch that each publication is a commit on.'),
    }),
    z.strictObject({
      kind: z.literal('http'),
      url: z
        .url({ protocol: /^https?$/ })
        .refine(isPrivateUrl, 'https (http for this machine alone) without credentials, query and fragment')
        .describe('Documents are PUT below it.'),
      token: identifier.describe('Name of the bearer token in the control plane’s configuration.'),
    }),
  ])
  .describe('The knowledge base: each publication of a document is kept with its revision number.');
export type PlanPublisher = z.infer<typeof publisherSchema>;

export const reportsSchema = z.strictObject({
  publisher: publisherSchema,
  path: relativePath.describe(
    'Folder inside the knowledge base. `{run}` in it is the id of the run; needed where two plans publish into one place.',
  ),
  idPrefix: identifier.describe('What the ids of the documents begin with.'),
  tags: z.array(z.string().min(1)).default([]).describe('Tags of every document.'),
});
