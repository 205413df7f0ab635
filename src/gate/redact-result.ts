// The border of a worker: what leaves it for queue, ledger, report and thread holds no secret that this worker knows.
import { redactTexts } from '../evidence/redact-texts.ts';
import type { Json } from '../plan/schema-scalars.ts';
import type { GateResult } from '../run/gate-result.ts';

/** Checks and evidence are redacted when they are recorded, before their digests are taken; this is all the rest. */
export function redactResult(result: GateResult, redact: (text: string) => string): GateResult {
  const { reason, facts, mutations } = result;
  return {
    ...result,
    reason: reason && { ...reason, text: redact(reason.text) },
    facts: Object.fromEntries(
      Object.entries(facts).map(([name, fact]): [string, Json] => [redact(name), redactTexts(fact, redact)]),
    ),
    mutations: mutations.map((each) => ({
      ...each,
      target: redact(each.target),
      detail: redact(each.detail),
    })),
  };
}
