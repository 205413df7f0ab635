// Plays the people of a demo: Dana asks for the deploy, Alex approves or rejects. They act through the workspace, as people do.
import type { Scenario } from '../../examples/world/scenario.ts';
import type { ControlPlane } from '../control-plane/start.ts';
import { keyOf } from '../plan/schema-gates.ts';
import type { RunState } from '../run/state.ts';
import { channel, type DemoStage, people } from './open-demo.ts';

export interface PlayOptions {
  readonly stage: DemoStage;
  readonly plane: Pick<ControlPlane, 'control' | 'ledger' | 'slackMessageOf'>;
  readonly scenario: Scenario;
  /** What is typed to start it: `/deploy` and the name of a plan, or `/rollback` and one. */
  readonly command: '/deploy' | '/rollback';
  readonly plan: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** ms in which the command must have started a run. */
const startMs = 60_000;

/** Plays one run to its end; resolves with its last state. */
export async function playRun({
  stage,
  plane,
  scenario,
  command,
  plan,
  say,
  signal,
}: PlayOptions): Promise<RunState> {
  const { slack, world } = stage;
  const known = new Set((await plane.control.recent(20)).map(({ runId }) => runId));
  say(`${people.requester.realName} types ${command} ${plan} in #${channel.name}`);
  await slack.control.command({
    channel: channel.id,
    user: people.requester.id,
    command,
    text: plan,
  });
  const first = await firstRun();
  const shown = new Set<string>();
  let voted = false;
  let disturbed = false;
  return waitFor(plane, signal, async (run) => {
    if (run.runId !== first.runId) return false;
    narrate(run, shown, say);
    if (run.approval && !voted) voted = await vote(run);
    if (scenario === 'row-count-change' && run.pointOfNoReturn !== null && !disturbed) {
      disturbed = true;
      say('somebody writes a row into the production database');
      await world.disturb();
    }
    return run.finished !== null;
  });

  /** A command that was refused starts nothing: then the answer to it is what people need to see. */
  async function firstRun(): Promise<RunState> {
    const late = AbortSignal.timeout(startMs);
    try {
      return await waitFor(plane, AbortSignal.any([signal, late]), (run) => !known.has(run.runId));
    } catch (error) {
      if (signal.aborted || !late.aborted) throw error;
      const answers = (await slack.control.messages(channel.id)).map(({ text }) => text).join(' / ');
      const expected = `expected ${command} to start a run within ${startMs / 1000} s, got none`;
      throw new Error(`${expected}; the channel says: ${answers || 'nothing'}`, { cause: error });
    }
  }

  /** False while the approval message is not posted yet. */
  async function vote(run: RunState): Promise<boolean> {
    const message = await plane.slackMessageOf(run.runId, 'approval');
    if (!message) return false;
    const name = scenario === 'reject' ? 'x' : 'white_check_mark';
    say(`${people.approver.realName} reacts with :${name}:`);
    await slack.control.reaction({
      channel: message.channel,
      ts: message.ts,
      user: people.approver.id,
      name,
    });
    return true;
  }
}

function narrate(run: RunState, shown: Set<string>, say: (line: string) => void): void {
  const tell = (key: string, line: string) => {
    if (shown.has(key)) return;
    shown.add(key);
    say(line);
  };
  for (const { gate, status, reason } of run.gates) {
    if (status === 'pending' || status === 'queued') continue;
    tell(keyOf(gate), `${gate.id} ${gate.title}: ${status}${reason ? ` (${reason.text})` : ''}`);
  }
  if (run.approval?.status === 'waiting') tell('approval', `waiting for approval of ${run.approval.digest}`);
}

/** Resolves with the first run for which `done` holds; asks again at each ledger event and, as a net, every 200 ms. */
async function waitFor(
  plane: PlayOptions['plane'],
  signal: AbortSignal,
  done: (run: RunState) => boolean | Promise<boolean>,
): Promise<RunState> {
  const { control, ledger } = plane;
  for (;;) {
    signal.throwIfAborted();
    const moved = Promise.withResolvers<void>();
    const unsubscribe = ledger.onAppend(() => moved.resolve());
    const timer = setTimeout(() => moved.resolve(), 200);
    try {
      for (const run of await control.recent(3)) {
        if (await done(run)) return run;
      }
      await moved.promise;
    } finally {
      clearTimeout(timer);
      unsubscribe();
    }
  }
}
