// The publisher that a plan names.
import { join } from 'node:path';
import type { Secret } from '../evidence/secret.ts';
import type { Plan } from '../plan/schema.ts';
import { createDirectoryPublisher } from '../report/publish-directory.ts';
import { createGitPublisher } from '../report/publish-git.ts';
import { createHttpPublisher } from '../report/publish-http.ts';
import type { Publisher } from '../report/publisher.ts';

export interface PublisherParts {
  /** The control plane's named secrets: an HTTP knowledge base takes its token from them. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Directory for bare clones of git knowledge bases. */
  readonly clones: string;
}

export function openPublisher(
  { publisher, path: folder }: Plan['reports'],
  { secrets, clones }: PublisherParts,
): Publisher {
  switch (publisher.kind) {
    case 'directory':
      return createDirectoryPublisher({ root: publisher.directory, folder });
    case 'git': {
      const { repository, branch } = publisher;
      return createGitPublisher({ repository, branch, folder, workDirectory: clones });
    }
    case 'http': {
      const { url, token: name } = publisher;
      return createHttpPublisher({ url, folder, token: { name, secret: secrets.get(name) } });
    }
  }
}

/** The parts as a configuration gives them. */
export function publisherParts(settings: {
  readonly data: string;
  readonly secrets: PublisherParts['secrets'];
}): PublisherParts {
  return { secrets: settings.secrets, clones: join(settings.data, 'publications') };
}
