// From a question of the command line to the control plane's answer. Every act passes the same `authorize` as one from Slack.
import type { Answer, Asker, RunControl } from '../run/control.ts';
import { refuse } from '../run/refuse.ts';
import type { RunState } from '../run/state.ts';
import type { SwitchView } from '../run/switch.ts';
import { controlCommand } from './control-command.ts';
import { leftoversOf } from './leftovers-of.ts';
import type { Ask, Question, Value } from './protocol.ts';

const listed = 20;

/** The control plane's own machine, and its data directory. */
export interface Here {
  readonly machine: string;
  readonly data: string;
}

export async function answerOperator(
  { login, ask }: Question,
  control: RunControl,
  here: Here,
): Promise<Answer<unknown>> {
  const { machine, data } = here;
  const by: Asker = {
    id: `operator:${login}`,
    name: `${login}@${machine}`,
    channel: null,
    via: 'operator',
  };
  switch (ask.act) {
    case 'status':
      return { ok: true, value: await statusOf(control, machine) };
    case 'runs':
      return { ok: true, value: (await control.recent(listed)).map(lineOf) };
    case 'run': {
      const run = await control.run(ask.run);
      return run
        ? { ok: true, value: detailsOf(run) }
        : refuse(
            'unknown-run',
            `There is no run ${JSON.stringify(ask.run)}; ${controlCommand('runs', data)} lists them.`,
          );
    }
    case 'locks':
      return { ok: true, value: await control.locks() };
    case 'abort':
      return fromHere(await control.abort(ask.run, by, ask.reason), data);
    case 'unlock':
      return fromHere(await control.unlock(ask.run, by, ask.reason), data);
    case 'publish':
      return fromHere(await control.publish(ask.run, by), data);
    case 'tidy':
      return tidy(ask, by, control, data);
    case 'leftovers': {
      const run = await control.run(ask.run);
      return run?.operation === 'tidy'
        ? { ok: true, value: leftoversOf(run) }
        : refuse('unknown-run', `There is no tidy ${JSON.stringify(ask.run)}.`);
    }
    case 'disable':
      return control.flip({ enabled: false, plan: ask.plan, level: ask.level, reason: ask.reason }, by);
    case 'enable':
      return control.flip({ enabled: true, plan: ask.plan, level: 0, reason: ask.reason }, by);
  }
}

async function tidy(
  { subject, target, remove }: Extract<Ask, { act: 'tidy' }>,
  { id, name }: Asker,
  control: RunControl,
  data: string,
): Promise<Answer<Value<'tidy'>>> {
  const begun = await control.request({
    operation: 'tidy',
    subject,
    dryRun: !remove,
    requester: { id, name },
    channel: null,
    via: 'operator',
    ...(target === undefined ? {} : { target }),
  });
  if (begun.ok) return { ok: true, value: { run: begun.value.runId } };
  return begun.refusal.code === 'plan-not-found'
    ? refuse(
        'unknown-subject',
        `expected a run or a plan, got ${JSON.stringify(subject)}; ${controlCommand('runs', data)} lists the runs, ${controlCommand('status', data)} the plans`,
      )
    : begun;
}

/** The same refusal for somebody at a shell, who has no slash commands. */
function fromHere<T>(answer: Answer<T>, data: string): Answer<T> {
  if (answer.ok || answer.refusal.code !== 'unknown-run') return answer;
  const text = answer.refusal.text.replace('/runs lists', () => `${controlCommand('runs', data)} lists`);
  return refuse(answer.refusal.code, text);
}

async function statusOf(control: RunControl, machine: string): Promise<Value<'status'>> {
  const plans = await control.plans();
  const view = ({ enabled, level, reason }: SwitchView) => ({ enabled, level, reason });
  return {
    machine,
    all: view(control.switchView(null)),
    plans: plans.map(({ name }) => ({ name, ...view(control.switchView(name)) })),
  };
}

function lineOf({ runId, plan, operation, mode, requester, requestedAt, finished }: RunState) {
  return {
    run: runId,
    plan: plan.name,
    operation,
    mode,
    requester: requester.name,
    requestedAt,
    verdict: finished?.verdict ?? null,
  };
}

function detailsOf(run: RunState): Value<'run'> {
  return {
    ...lineOf(run),
    approval: run.approval && { status: run.approval.status, digest: run.approval.digest },
    outcome: run.finished?.outcome ?? null,
    gates: run.gates.map(({ gate, status, reason }) => ({
      gate: gate.kind,
      status,
      reason: reason?.text ?? null,
    })),
  };
}
