// What the control plane sees of its own machine when a run is asked for.
import type { Settings } from '../config/load.ts';
import { listPlanFiles, loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/schema.ts';
import type { Publisher } from '../report/publisher.ts';
import type { EventData } from '../run/events.ts';

/** The plans that can be run; faulty files are left to `plan check` and `doctor`. */
export async function listPlans({ plans }: Pick<Settings, 'plans'>): Promise<Plan[]> {
  const files = await listPlanFiles(plans);
  const loaded = await Promise.all(files.map((file) => loadPlan(file).catch(() => null)));
  return loaded.filter((plan) => plan !== null);
}

/** ms in which a knowledge base has to answer; people wait for it. */
const answerMs = 20_000;

/** Whether the knowledge base can be read and written from here, where the report will be published. */
export async function surveySelf(
  machine: string,
  publisher: Publisher,
  redact: (text: string) => string,
): Promise<EventData<'run.requested'>['control']> {
  const { readable, writable, detail } = await publisher.examine(AbortSignal.timeout(answerMs)).catch(() => ({
    readable: false,
    writable: false,
    detail: `expected the knowledge base to answer within ${answerMs / 1000} s, got nothing; mend it and ask again`,
  }));
  return {
    machine,
    knowledgeBase: { readable, writable, detail: redact(`from ${machine}: ${detail}`) },
  };
}
