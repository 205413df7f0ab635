// What `interlock doctor` says of the workers whose results are believed.
import type { Settings } from '../config/load.ts';
import { controlRole } from '../config/trusted-workers.ts';
import type { Plan } from '../plan/schema.ts';
import type { Finding } from './examine.ts';

/** Every role of a plan needs a worker whose results are believed: one that is enrolled, or that of `up`. */
export function* examineWorkers(
  { workers, worker }: Pick<Settings, 'workers' | 'worker'>,
  plans: readonly Pick<Plan, 'name' | 'gates'>[],
): Generator<Finding> {
  for (const { name, key, roles } of workers)
    yield { ok: true, text: `worker ${name}: trusted for ${roles.join(', ')}; key id ${key.keyId}` };
  const served = new Set([controlRole, ...worker.roles, ...workers.flatMap(({ roles }) => roles)]);
  for (const { name, gates } of plans) {
    for (const role of new Set(gates.map((gate) => gate.role))) {
      if (!served.has(role))
        yield {
          ok: false,
          text: `plan ${name}: expected a worker that is trusted for its role ${role}, got none; run \`interlock keys worker\` on that worker’s machine, and name the key under workers, or add the role to worker/roles for \`up\``,
        };
    }
  }
}
