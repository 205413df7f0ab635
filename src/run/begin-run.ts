// Starts runs: what was asked for, by whom, on what, is in the ledger before the answer is given.
import { randomInt } from 'node:crypto';
import type { Act } from '../approval/authorize.ts';
import { activeFreezes } from '../approval/freeze.ts';
import { planDigest } from '../plan/digest.ts';
import { placesOfSecrets } from '../plan/find-secrets.ts';
import type { Plan } from '../plan/schema.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { attemptsOf } from './attempts-of.ts';
import type { Answer, RunRequest } from './control.ts';
import type { EventData, NewEvent } from './events.ts';
import type { Reason } from './gate-result.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import type { Lineages } from './lineages.ts';
import { placesToTidy } from './places-to-tidy.ts';
import type { LedgerPort } from './ports.ts';
import { type ResolverParts, resolveRequest } from './resolve-request.ts';
import { factsOf, type RunState } from './state.ts';
import { type TakeBack, takeBack } from './take-back.ts';
import { busy, sameTarget } from './target.ts';

export interface BeginParts extends ResolverParts {
  readonly ledger: Pick<LedgerPort, 'append' | 'read'>;
  readonly gatekeeper: Gatekeeper;
  readonly lineages: Pick<Lineages, 'carriedInto' | 'restingOn'>;
  readonly survey: (plan: Plan) => Promise<EventData<'run.requested'>['control']>;
  readonly now: () => number;
  /** However old: an open run holds its target. */
  readonly openRuns: () => Promise<RunState[]>;
}

/** Judges a request; on a yes the run is in the ledger. Not to be called twice at once: both would find the target free. */
export async function beginRun(wish: RunRequest, parts: BeginParts): Promise<Answer<{ runId: string }>> {
  const subject = await resolveRequest(wish, parts);
  if (!subject.ok) return subject;
  const { plan, run } = subject.value;
  const mode = wish.dryRun ? 'DRYRUN' : plan.mode;
  const act = actOf(wish.operation, mode);
  const { requester, channel, via } = wish;
  const authority = await parts.gatekeeper.ask(
    { ...requester, channel, ...(via === undefined ? {} : { via }) },
    act,
    { plan, run: null },
    { overridesFreeze: wish.overrideFreeze !== undefined },
  );
  if (!authority.allowed) return { ok: false, refusal: authority.refusal };
  const secret = holdsSecret(plan, parts.redact);
  if (secret) return { ok: false, refusal: secret };
  const [recent, allOpen] = [await parts.recent(200), await parts.openRuns()];
  const onTarget = recent.filter((each) => sameTarget(each.plan, plan));
  const inTheWay = busy(
    allOpen.filter((each) => sameTarget(each.plan, plan)),
    { operation: wish.operation, mode },
  );
  if (inTheWay) return { ok: false, refusal: inTheWay };
  const back = run && wish.operation === 'rollback' ? takeBack(plan, run, onTarget) : null;
  if (back && !back.ok) return back;
  const tidied = wish.operation === 'tidy' ? placesToTidy(plan, wish, [...recent, ...allOpen]) : null;
  if (tidied && !tidied.ok) return tidied;
  const runId = `${plan.name}-${randomId()}`;
  const requested: NewEvent = {
    type: 'run.requested',
    data: {
      plan,
      planDigest: planDigest(plan),
      mode,
      operation: wish.operation,
      requester,
      channel: channel ?? shownIn(plan, run),
      subjectRun: run?.runId ?? null,
      ...(back
        ? { ...(await takingBack(back.value, plan, parts)), ...stillGiven(run, parts.now()) }
        : (tidied?.value ?? { subjectFacts: run ? factsOf(run) : {} })),
      previous: await previousOf(onTarget, parts.ledger),
      ...(await parts.lineages.carriedInto(plan)),
      control: await parts.survey(plan),
      limitsSaid: 'readings',
    },
  };
  const events = [requested, ...(act === 'request' ? overrides(wish, plan, parts) : [])];
  await parts.ledger.append(runId, 0, events as unknown as readonly { type: string; data: Json }[], {
    label: plan.name,
  });
  return { ok: true, value: { runId } };
}

function actOf(operation: RunRequest['operation'], mode: Plan['mode']): Act {
  if (operation === 'deploy') return mode === 'DRYRUN' ? 'request-dry-run' : 'request';
  if (operation === 'tidy') return mode === 'DRYRUN' ? 'tidy-dry-run' : 'tidy';
  return operation;
}

/** Where a run is shown that was asked for outside of Slack: with the run that it is about, or where the plan is run. */
function shownIn({ approval }: Plan, subject: RunState | null): string {
  return subject?.channel ?? approval.channels[0] ?? 'none';
}

/** What attempts of the run that is taken back may still do: their authorizations are taken away on the host first. */
function stillGiven(subject: RunState | null, now: number) {
  const subjectAttempts = (subject ? attemptsOf(subject) : []).filter(
    ({ notAfter }) => Date.parse(notAfter) > now,
  );
  return subjectAttempts.length > 0 ? { subjectAttempts } : {};
}

async function takingBack(
  { takenBack: runs, ...back }: TakeBack,
  { lineage }: Plan,
  { lineages }: Pick<BeginParts, 'lineages'>,
) {
  return {
    ...back,
    takesBack: { runs, elsewhere: await lineages.restingOn(runs, lineage), rulings: true as const },
  };
}

/** Of a LIVE run: for any other nobody was asked whether they may, and no freeze holds it up. */
function overrides({ overrideFreeze, requester }: RunRequest, plan: Plan, parts: BeginParts): NewEvent[] {
  if (overrideFreeze === undefined) return [];
  const freezes = activeFreezes(plan.approval.freezes, parts.now());
  const reason = parts.redact(overrideFreeze);
  return [{ type: 'freeze.overridden', data: { by: requester, reason, freezes } }];
}

/** The ledger holds the plan as it is, and everybody can read it there. */
function holdsSecret(plan: Plan, redact: (text: string) => string): Reason | null {
  const places = placesOfSecrets(plan, redact).map((path) => redact(path.join('/')));
  return places.length === 0
    ? null
    : {
        code: 'plan-holds-secret',
        text: `The plan ${plan.name} holds a credential at ${places.join(', ')}. Take it out, and change it wherever it is used; a plan names secrets by their name in the configuration.`,
      };
}

/** The last run on the same target, and where its ledger ends. */
async function previousOf(
  [last]: readonly RunState[],
  ledger: Pick<LedgerPort, 'read'>,
): Promise<EventData<'run.requested'>['previous']> {
  const rows = last ? await ledger.read(last.runId) : [];
  const head = rows.at(-1)?.hash;
  return last && head ? { run: last.runId, head } : null;
}

/** Six characters without look-alikes: about 30 bits, enough for the runs of one installation. */
function randomId(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 6 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
