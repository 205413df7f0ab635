// What the run does, gate by gate: where, what it decides, what it reads and runs, what it changes. Pure.
import { controlKinds, mutatingKinds } from '../gate-traits.ts';
import { kindWords } from '../kinds.ts';
import type { Plan } from '../schema.ts';
import { keyOf, type PlanGate } from '../schema-gates.ts';
import { machineOf } from '../sections.ts';
import { explainDetails } from './explain-details.ts';
import { listed, minutes } from './words.ts';

/** Lines of all gates in their order; the question to people stands where it is asked. */
export function explainGates(plan: Plan): string[] {
  return plan.gates.flatMap((gate, index) => [
    ...(asksHere(plan, gate) ? [asking(plan)] : []),
    ...explainGate(plan, gate, index + 1),
  ]);
}

/** Whether the run stops for an approval before this gate. A dry run asks nobody. */
export function asksHere({ gates, mode }: Pick<Plan, 'gates' | 'mode'>, gate: PlanGate): boolean {
  return mode === 'LIVE' && gate === gates.find(needsConsent);
}

export function needsConsent(gate: PlanGate): boolean {
  return (
    gate.kind === 'promote' ||
    gate.kind === 'rollback' ||
    (gate.kind === 'decide' && gate.with.by === 'people')
  );
}

function asking({ gates }: Plan): string {
  const changes = gates.some(({ kind }) => kind === 'promote' || kind === 'rollback');
  return `  *. The run stops and asks people (below). ${changes ? 'Once they have consented, it looks whether everything is still as it was shown; if not, their consents are void and it asks anew.' : 'Without their consent the decision does not hold.'}`;
}

function explainGate(plan: Plan, gate: PlanGate, number: number): string[] {
  const name = keyOf(gate) === gate.kind ? gate.kind : `${gate.kind}, called ${keyOf(gate)}`;
  const does = mutatingKinds.has(gate.kind) ? 'CHANGES SOMETHING' : 'only looks';
  return [
    `  ${number}. ${gate.id} ${gate.title} (${name}; ${does})`,
    ...[where(plan, gate), ...decides(plan, gate), ...explainDetails(plan, gate), ...conditions(gate)].map(
      (line) => `     ${line}`,
    ),
  ];
}

function where(plan: Plan, gate: PlanGate): string {
  if (controlKinds.has(gate.kind)) return 'Where: in the control plane, which holds ledger and signing key.';
  const machine = gate.kind === 'precheck' ? machineOf(plan) : null;
  return `Where: ${machine === null ? '' : `on the machine ${machine}, `}by a worker of the role ${gate.role}, within ${minutes(Math.ceil(gate.timeoutSeconds / 60))}.`;
}

/** The words of the reference, without its links. */
function decides({ source }: Plan, { kind }: PlanGate): string[] {
  if (kind === 'decide' || kind === 'gap-review') return [];
  const text = kindWords[kind].decides
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/; see [^.]*\.md/, '');
  const own = source ? text : text.replace('the repository at its baseline and clean, ', '');
  return [`Decides: ${own.charAt(0).toLowerCase()}${own.slice(1)}`];
}

function conditions({ needs, supplementary, otherwise, tolerates }: PlanGate): string[] {
  return [
    ...(needs && needs.length > 0 ? [`Only if ${listed(needs)} ended well.`] : []),
    ...(supplementary
      ? [
          'Also runs after the run was stopped. It never turns another ending into a pass, and no pass stands over its failing.',
        ]
      : []),
    ...(otherwise === undefined
      ? []
      : ['A precondition: where it does not hold, the run is blocked, not failed.']),
    ...tolerates.map(
      ({ check, gap }) =>
        `If its criterion ${check} fails, that is part of the known gap ${gap}: the gate is partial, not failed.`,
    ),
  ];
}
