// interlock demo: the main job end to end on one machine, with nothing but npm packages.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SCENARIOS, type Scenario } from '../../examples/world/scenario.ts';
import { defaultPlan, examplePlans } from '../demo/example-plans.ts';
import type { DemoStage } from '../demo/open-demo.ts';
import { createLog } from './log.ts';
import { untilSignalled } from './signals.ts';

interface Options {
  readonly auto?: boolean;
  readonly scenario: Scenario;
  readonly plan: string;
  readonly out?: string;
}

const say = (line: string) => console.error(`interlock: ${line}`);

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the main job end to end: a local Slack workspace, a host behind SSH, a real run')
    .option('--auto', 'play all people, print one JSON line, and exit 0 (PASS), 3 (blocked) or 1 (failed)')
    .addOption(new Option('--scenario <name>', 'what happens').choices(SCENARIOS).default('pass'))
    .addOption(
      new Option('--plan <name>', 'which plan of examples/plans is run')
        .choices(Object.keys(examplePlans))
        .default(defaultPlan),
    )
    .option(
      '--out <directory>',
      'keep there what the demo makes: configuration, plans, world, and data, with each run’s bundle, public key, ledger and reports in data/runs/RUN; with --auto those of its run, and thread.json, also beside them',
    )
    .action(demo);
}

/** Everything that only a demo needs, loaded when one is asked for. */
async function loadParts() {
  const [stage, play, summary, main] = await Promise.all([
    import('../demo/open-demo.ts'),
    import('../demo/play.ts'),
    import('../demo/summarise.ts'),
    import('../main.ts'),
  ]);
  return { ...stage, ...play, ...summary, ...main };
}

/** What happens in them is not a matter of the plan. */
const scenariosOfAnyPlan: ReadonlySet<Scenario> = new Set<Scenario>(['pass', 'wrong-host']);

async function demo({ auto, scenario, plan, out }: Options): Promise<void> {
  if (plan !== defaultPlan && !scenariosOfAnyPlan.has(scenario))
    throw new RangeError(
      `expected --scenario ${[...scenariosOfAnyPlan].join(' or ')} with --plan ${plan}, got ${scenario}; the other scenarios are told with ${defaultPlan}`,
    );
  const parts = await loadParts();
  const { openStage, settingsFor, up, keepRun, summarise, exitCodeOf, channel } = parts;
  // The log is JSON on standard error too; people who watch a demo want the story, not the log.
  process.env['INTERLOCK_LOG'] ??= 'warn';
  const directory = out === undefined ? await mkdtemp(join(tmpdir(), 'interlock-demo-')) : resolve(out);
  await mkdir(directory, { recursive: true });
  const signalled = untilSignalled();
  const stop = new AbortController();
  void signalled.then((signal) => stop.abort(new Error(`stopped by ${signal}`)));
  try {
    await using cleanup = new AsyncDisposableStack();
    const stage = await openStage({
      directory,
      scenario,
      plan,
      say,
      slackBinary: process.env['LOCAL_SLACK_BIN'],
    });
    cleanup.defer(() => stage.close());
    say('starting Interlock: embedded ledger and queue, bot and worker in one process');
    const running = await up(settingsFor('up', stage.configFile), createLog());
    cleanup.defer(() => running.stop(5_000));
    if (auto) {
      const run = await playPlan(parts, { stage, plane: running, scenario, plan, say, signal: stop.signal });
      await running.shown(run.runId);
      const paths = await keepRun(
        run,
        join(directory, 'data', 'runs', run.runId),
        directory,
        await stage.slack.control.messages(channel.id),
      );
      say(
        `verify it yourself: npm run -s interlock -- verify ${paths.bundle} --key ${join(directory, 'interlock.pub.pem')} --ledger ${join(directory, 'ledger.jsonl')} --report ${join(directory, 'reports')}`,
      );
      console.log(JSON.stringify(summarise(run, paths)));
      process.exitCode = exitCodeOf(run.finished?.verdict ?? '');
    } else {
      invite(stage, parts, plan);
      await signalled;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say(String(stop.signal.reason instanceof Error ? stop.signal.reason.message : stop.signal.reason));
    process.exitCode = 130;
  } finally {
    if (out === undefined && !auto) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Parts = Awaited<ReturnType<typeof loadParts>>;

/** A rollback needs a run before it. */
async function playPlan(
  { playRun, exampleNamed }: Parts,
  { plan, ...options }: Omit<Parameters<Parts['playRun']>[0], 'command'>,
): Promise<Awaited<ReturnType<Parts['playRun']>>> {
  const { after } = exampleNamed(plan);
  if (after === undefined) return playRun({ ...options, command: '/deploy', plan });
  await playRun({ ...options, command: '/deploy', plan: after });
  return playRun({ ...options, command: '/rollback', plan });
}

function typed(plan: string): string {
  const { after } = examplePlans[plan] ?? {};
  return after === undefined ? `/deploy ${plan}` : `/deploy ${after}, and after it /rollback ${plan}`;
}

function invite({ slack, planFile }: DemoStage, { people, channel }: Parts, plan: string): void {
  say('');
  say(`open ${slack.pageUrl} in a browser`);
  say(`act as ${people.requester.realName}, go to #${channel.name} and type: ${typed(plan)}`);
  say(
    `when the approval is asked for, act as ${people.approver.realName} and react with :white_check_mark: (or :x:)`,
  );
  say(`then try: /runs    /verify ${plan}    /rollback RUN`);
  say(`the plan is ${planFile}; Ctrl-C ends the demo and removes what it made, unless you named --out`);
}
