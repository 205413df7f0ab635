// What G0 asks a host, and the repository, for the sake of later gates.
import { sizeOfTracked } from '../artifact/tracked-files.ts';
import { type HostReadiness, hostReadiness, parseHostReadiness } from '../host/commands/observe-readiness.ts';
import type { GateContext, Observer } from './context.ts';
import type { Size } from './target-obstacles.ts';
import type { AimedTarget } from './targets-to-change.ts';

/** What will be staged is about as large; null when the repository does not say. */
export async function sizeAtBaseline({ job, signal }: GateContext): Promise<Size | null> {
  const { source } = job.plan;
  return source ? sizeOfTracked(source.baseline, { cwd: source.repository, signal }).catch(() => null) : null;
}

/** What the host is like where these lie, in one round trip. Throws HostError. */
export async function lookAtTargets(
  host: Observer,
  targets: readonly AimedTarget[],
  run: string,
  signal: AbortSignal,
): Promise<HostReadiness> {
  const paths = targets.map(({ target }) => target.livePath);
  return parseHostReadiness(await host.run(hostReadiness(paths, `${paths[0]}.nothing-${run}`), { signal }));
}
