// interlock control: what somebody with a shell on the control plane's machine may do.
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { dataDirectoryOf } from '../config/load.ts';
import { askControlPlane } from '../operator/ask.ts';
import type { Ask, Value } from '../operator/protocol.ts';
import { levels } from '../run/switch.ts';

export function addControl(program: Command): void {
  const control = program
    .command('control')
    .description(
      'stop and mend a running control plane from its own machine; requests and approvals are for people in Slack',
    )
    .option('--data <directory>', 'data directory of the control plane; default: that of the configuration');

  async function ask<A extends Ask>(question: A, show: (value: Value<A['act']>) => string[]): Promise<void> {
    const { data } = control.opts<{ data?: string }>();
    const directory =
      data === undefined
        ? dataDirectoryOf(program.opts<{ config?: string }>().config, process.env)
        : resolve(data);
    const answer = await askControlPlane(directory, userInfo().username, question);
    if (answer.ok) {
      console.log(show(answer.value).map(onOneLine).join('\n'));
      return;
    }
    console.error(onOneLine(`interlock: refused (${answer.refusal.code}): ${answer.refusal.text}`));
    process.exitCode = 1;
  }

  control
    .command('status')
    .description('how the execution switch stands')
    .action(() => ask({ act: 'status' }, statusLines));
  control
    .command('disable')
    .argument('<reason...>')
    .option('--plan <plan>', 'for this plan alone')
    .option('--level <0-3>', 'how far: 0 nothing is mutated … 3 no LIVE run starts', '0')
    .description('turn execution off, for all plans or for one')
    .action((reason: string[], { plan, level }: { plan?: string; level: string }) =>
      ask(
        { act: 'disable', plan: plan ?? null, level: levelOf(level), reason: reason.join(' ') },
        ({ plan: of, level: at }) => [`execution is disabled for ${of ?? 'all plans'}, level ${at}`],
      ),
    );
  control
    .command('enable')
    .argument('<reason...>')
    .option('--plan <plan>', 'for this plan alone')
    .description('turn execution on again; the configuration stays the ceiling')
    .action((reason: string[], { plan }: { plan?: string }) =>
      ask({ act: 'enable', plan: plan ?? null, reason: reason.join(' ') }, ({ plan: of }) => [
        `execution is enabled for ${of ?? 'all plans'}`,
      ]),
    );
  control
    .command('runs')
    .argument('[run]')
    .description('the latest runs, or one with its gates')
    .action((run: string | undefined) =>
      run === undefined ? ask({ act: 'runs' }, runLines) : ask({ act: 'run', run }, detailLines),
    );
  control
    .command('locks')
    .description('targets that open runs hold')
    .action(() => ask({ act: 'locks' }, lockLines));
  control
    .command('abort')
    .argument('<run>')
    .argument('[reason...]')
    .description('end an open run; what is under way ends first')
    .action((run: string, reason: string[]) =>
      ask({ act: 'abort', run, reason: reason.join(' ') || 'no reason given' }, () => [
        `run ${run} is being aborted; what is under way ends first, nothing new begins`,
      ]),
    );
  control
    .command('unlock')
    .argument('<run>')
    .argument('<reason...>')
    .description('take the target’s lock from a run that will not end; the run ends')
    .action((run: string, reason: string[]) =>
      ask({ act: 'unlock', run, reason: reason.join(' ') }, () => [
        `the target's lock was taken from run ${run}; its workers are refused from now on. Look at the host before the next run`,
      ]),
    );
  control
    .command('publish')
    .argument('<run>')
    .description('publish the report of a finished run again')
    .action((run: string) =>
      ask({ act: 'publish', run }, ({ published, detail }) => {
        if (!published) process.exitCode = 1;
        return [`${published ? 'published' : 'not published'}: ${detail}`];
      }),
    );
}

/** Reasons come from people and hosts, and could steer the terminal. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

function levelOf(text: string) {
  const level = levels.find((each) => String(each) === text);
  if (level === undefined) throw new RangeError(`expected a level from 0 to 3, got ${JSON.stringify(text)}`);
  return level;
}

function statusLines({ machine, all, plans }: Value<'status'>): string[] {
  const state = ({ enabled, reason }: { enabled: boolean; reason: string }) =>
    `${enabled ? 'enabled' : 'disabled'} (${reason})`;
  return [
    `control plane on ${machine}: execution is ${state(all)}`,
    ...plans.map(({ name, ...view }) => `  ${name}: ${state(view)}`),
  ];
}

function runLine(run: Value<'runs'>[number]): string {
  const { verdict, operation, mode, plan, requestedAt, requester } = run;
  return `${run.run}  ${verdict ?? 'open'}  ${operation} of ${plan} (${mode}), ${requestedAt}, by ${requester}`;
}

function runLines(runs: Value<'runs'>): string[] {
  return runs.length === 0 ? ['no run yet'] : runs.map(runLine);
}

function detailLines({ gates, approval, outcome, ...run }: Value<'run'>): string[] {
  return [
    runLine(run),
    ...(outcome === null ? [] : [`outcome: ${outcome}`]),
    ...gates.map(({ gate, status, reason }) => `  ${gate}: ${status}${reason === null ? '' : `. ${reason}`}`),
    ...(approval === null ? [] : [`  approval of ${approval.digest}: ${approval.status}`]),
  ];
}

function lockLines(locks: Value<'locks'>): string[] {
  return locks.length === 0
    ? ['no target is held by a run']
    : locks.map(
        ({ host, livePath, runId, reason, owner, since }) =>
          `${livePath} on ${host}: run ${runId}, ${reason}, asked for by ${owner.name}, since ${since}`,
      );
}
