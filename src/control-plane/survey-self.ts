// What the control plane sees of its own machine when a run is asked for.
import { access, constants } from 'node:fs/promises';
import type { Settings } from '../config/load.ts';
import { listPlanFiles, loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/schema.ts';
import type { EventData } from '../run/events.ts';

/** The plans that can be run; faulty files are left to `plan check` and `doctor`. */
export async function listPlans({ plans }: Settings): Promise<{ name: string; title: string }[]> {
  const files = await listPlanFiles(plans);
  const loaded = await Promise.all(files.map((file) => loadPlan(file).catch(() => null)));
  return loaded.flatMap((plan) => (plan ? [{ name: plan.name, title: plan.title }] : []));
}

/** Whether the knowledge base can be read and written here, where the report will be published. */
export async function surveySelf(
  { machine }: Settings,
  { reports }: Plan,
): Promise<EventData<'run.requested'>['control']> {
  const can = (mode: number) =>
    access(reports.directory, mode).then(
      () => true,
      () => false,
    );
  const [readable, writable] = [await can(constants.R_OK | constants.X_OK), await can(constants.W_OK)];
  const detail =
    readable && writable
      ? `${reports.directory} on ${machine}, readable and writable`
      : `${reports.directory} on ${machine}: ${readable ? 'not writable' : 'not readable'}; make the directory, or mend reports.directory in the plan`;
  return { machine, knowledgeBase: { readable, writable, detail } };
}
