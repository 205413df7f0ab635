// Who may ask for a run, and where. Pure.
import type { Plan } from '../plan/schema.ts';
import type { RunRequest } from './control.ts';
import type { Reason } from './gate-result.ts';

/** Why this person may not ask for this here, or null. */
export function admitRequest({ approval, name }: Plan, { requester, channel }: RunRequest): Reason | null {
  if (!approval.channels.includes(channel)) {
    return {
      code: 'wrong-channel',
      text: `${name} is not run from here; its channels are ${approval.channels.map((id) => `<#${id}>`).join(', ')}.`,
    };
  }
  if (!approval.requesters.includes(requester.id)) {
    return {
      code: 'not-a-requester',
      text: `${requester.name} may not run ${name}; its requesters are ${approval.requesters.map((id) => `<@${id}>`).join(', ')}.`,
    };
  }
  return null;
}
