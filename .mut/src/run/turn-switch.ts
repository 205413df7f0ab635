// Turning the execution switch: who may, and what is written down.

import { PlanError } from '../plan/faults.ts';
import type { Plan } from '../plan/schema.ts';
import type { Answer, Asker, FlipWish } from './control.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { refuse } from './refuse.ts';
import type { Flip } from './switch.ts';
import type { Switchboard } from './switchboard.ts';

export interface TurnParts {
  readonly gatekeeper: Gatekeeper;
  readonly switchboard: Switchboard;
  readonly findPlan: (name: string) => Promise<Plan>;
  readonly installation: () => Promise<Plan['approval']>;
}

/** Records a flip that the policy permits: the plan's for one plan, the installation's for all. */
export async function turnSwitch(
  { enabled, plan: name, level, reason }: FlipWish,
  by: Asker,
  parts: TurnParts,
): Promise<Answer<Flip>> {
  const { switchboard, gatekeeper } = parts;
  const policy = await policyOf(name, parts);
  if (!policy.ok) return policy;
  const authority = await gatekeeper.ask(by, enabled ? 'enable' : 'disable', {
    plan: policy.value,
    run: null,
  });
  if (!authority.allowed) return { ok: false, refusal: authority.refusal };
  if (enabled && switchboard.configured === 'disabled')
    return refuse(
      'disabled-in-configuration',
      'The configuration of the control plane says execution: disabled, and nobody enables it from outside. Change it there and restart.',
    );
  const person = { id: by.id, name: by.name };
  const flip = { plan: name, enabled, level: enabled ? (0 as const) : level, by: person, reason };
  return { ok: true, value: await switchboard.flip(flip) };
}

async function policyOf(
  name: string | null,
  { findPlan, installation }: TurnParts,
): Promise<Answer<Pick<Plan, 'name' | 'approval'>>> {
  if (name === null)
    return { ok: true, value: { name: 'this installation', approval: await installation() } };
  try {
    return { ok: true, value: await findPlan(name) };
  } catch (error) {
    if (error instanceof PlanError) return refuse(`plan-${error.code}`, error.message);
    throw error;
  }
}
