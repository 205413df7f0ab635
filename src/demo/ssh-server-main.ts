import { serveParent } from '../../examples/world/own-process.ts';
import { type SshServerOptions, startSshServer } from './ssh-server.ts';

serveParent(async (request) => {
  const { close, ...answer } = await startSshServer(request as SshServerOptions);
  return { answer, close };
});
