// The demo's SSH server in a process of its own.
import { z } from 'zod';
import { startOwnProcess } from '../../examples/world/own-process.ts';
import type { SshServer, SshServerOptions } from './ssh-server.ts';

const answerSchema = z.object({
  host: z.literal('127.0.0.1'),
  port: z.int(),
  hostKey: z.string(),
  fingerprint: z.string(),
});

/** As `startSshServer`, which its process runs. */
export async function startSshProcess(options: SshServerOptions): Promise<SshServer> {
  const server = await startOwnProcess(new URL('./ssh-server-main.ts', import.meta.url), options);
  return { ...answerSchema.parse(server.answer), close: () => server.close() };
}
