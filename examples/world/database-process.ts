import { cpSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { serveParent } from './own-process.ts';

/** More than a run opens at once; a connection above it would be turned away. */
const MAX_CONNECTIONS = 32;

/** Where the data is to be, and the empty cluster that it starts as; in memory without them. */
export interface DatabaseRequest {
  readonly directory: string;
  readonly cluster: string;
}

serveParent(async (request) => {
  const engine = await PGlite.create(place(request as DatabaseRequest | null));
  const server = new PGLiteSocketServer({
    db: engine,
    host: '127.0.0.1',
    port: 0,
    maxConnections: MAX_CONNECTIONS,
  });
  await server.start();
  return {
    answer: { port: Number(server.getServerConn().split(':').at(-1)) },
    close: async () => {
      await server.stop();
      await engine.close();
    },
  };
});

function place(request: DatabaseRequest | null): string | undefined {
  if (request === null) return undefined;
  cpSync(request.cluster, request.directory, { recursive: true });
  return request.directory;
}
