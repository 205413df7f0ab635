// The identity of an attempt, drawn once, when its gate is queued: a queue that loses the job is handed the same one again.
import { randomBytes } from 'node:crypto';
import type { NewEvent } from './events.ts';

export function withNonce(event: NewEvent): NewEvent {
  if (event.type !== 'gate.queued') return event;
  return { ...event, data: { ...event.data, nonce: randomBytes(16).toString('hex') } };
}
