import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Forward } from './host.ts';

/** Opens the far side of one forwarded connection. */
export type Dial = () => Promise<Duplex>;

const listening = z.object({ port: z.number().int().positive() });

/** Listens on a free loopback port and joins each connection to one that `dial` opens; where that fails, hangs up. */
export async function listenAndDial(dial: Dial): Promise<Forward> {
  const sockets = new Set<Socket>();
  // The far side may still answer after this side has ended its half.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    dial().then(
      (remote) => join(socket, remote),
      () => socket.resetAndDestroy(),
    );
  });
  // A connection that the system has no descriptor for is the loss of that one alone.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = listening.parse(server.address());
  return {
    host: '127.0.0.1',
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Carries bytes both ways until both sides have ended; a side that breaks takes the other with it. */
export function join(near: Duplex, far: Duplex): void {
  for (const [from, to] of [[near, far] as const, [far, near] as const]) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    // `readableEnded` tells an orderly end, which pipe() has passed on, from a broken connection.
    from.on('close', () => {
      if (!from.readableEnded) to.destroy();
    });
  }
  if (near.destroyed) far.destroy();
}
