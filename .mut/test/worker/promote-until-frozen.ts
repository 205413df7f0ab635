// Run by frozen-worker.test.ts in a process of its own: begins a promote, waits to be frozen and thawed, and goes on then as if
// nothing had happened to it.
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { changeHost, withTargetLock } from '../../src/gate/change-host.ts';
import { type GateJob, gateJobSchema } from '../../src/gate/job.ts';
import { raiseFence } from '../../src/gate/raise-fence.ts';
import { script } from '../../src/host/command.ts';
import { roleWorker } from './role-worker.ts';

const [directory = ''] = process.argv.slice(2);
const job: GateJob = gateJobSchema.parse(JSON.parse(await readFile(`${directory}/job.json`, 'utf8')));
const take = await roleWorker({
  data: `${directory}/frozen`,
  publicKeys: [createPublicKey(await readFile(`${directory}/control.pem`))],
  signingKey: newSigningKeys().signing,
  privateKey: `${directory}/login`,
  gate: {
    kind: 'promote',
    run: (context) =>
      withTargetLock(context, async (held) => {
        // What tells this process to stop is not what keeps it from changing anything.
        const deaf = { ...held, signal: new AbortController().signal };
        const { write, change } = await raiseFence(deaf);
        const thawed = once(process, 'SIGCONT');
        process.stdout.write('holds\n');
        await thawed;
        const livePath = held.plan.target.livePath;
        const mark = (name: string) => script('mutate', 'mark', 'echo late > "$1"', [`${livePath}.${name}`]);
        const said = async (what: string, act: Promise<unknown>) =>
          process.stdout.write(
            `${what}: ${await act.then(
              () => 'done',
              (error: unknown) => String(error),
            )}\n`,
          );
        await said('change', changeHost(deaf, 'host.copy', livePath, mark('changed')));
        await said('exchange', change('host.exchange', livePath, mark('exchanged')));
        await said('journal', write('end', { live: livePath }));
        process.stdout.write('went on\n');
        return {};
      }),
  },
});
await take(job).catch(() => undefined);
process.exit(0);
