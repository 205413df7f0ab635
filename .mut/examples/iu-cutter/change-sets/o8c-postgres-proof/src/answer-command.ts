import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { cutDocument } from './cut/cut-document.ts';
import { planCut, withoutContent } from './cut/cut-plan.ts';
import { renderPlan } from './cut/render-plan.ts';
import { openDocument } from './document/source-document.ts';
import { executionEnabled } from './kill-switch/execution-enabled.ts';
import { LIVE_WIRED } from './live/live-seam.ts';
import { Mode, parseMode } from './phases/mode.ts';
import { PHASES } from './phases/phase.ts';
import { Refusal } from './phases/refusal.ts';
import { runPhases } from './phases/run-phases.ts';
import { MILESTONE, VERSION } from './version.ts';

export interface Answer {
  /** 0 done, 2 not a command or not a file, 3 refused. */
  readonly code: 0 | 2 | 3;
  readonly stdout: string;
  readonly stderr: string;
}

const USAGE = 'usage: node src/cli.ts status | cut FILE [--mode DRYRUN] [--json]\n';

/** Does what a command line asks for. Never throws: what goes wrong is part of the answer. */
export async function answerCommand(args: readonly string[]): Promise<Answer> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { mode: { type: 'string', default: Mode.DRYRUN }, json: { type: 'boolean', default: false } },
    });
    const [command, file, ...rest] = positionals;
    if (command === 'status' && file === undefined) return done(statusLine());
    if (command === 'cut' && file !== undefined && rest.length === 0) {
      return done(await cut(file, parseMode(values.mode), values.json));
    }
    return { code: 2, stdout: '', stderr: USAGE };
  } catch (error) {
    const stderr = `${error instanceof Error ? error.message : String(error)}\n`;
    return { code: error instanceof Refusal ? 3 : 2, stdout: '', stderr };
  }
}

function done(stdout: string): Answer {
  return { code: 0, stdout, stderr: '' };
}

function statusLine(): string {
  const status = {
    name: 'iu-cutter',
    version: VERSION,
    milestone: MILESTONE,
    execution_enabled: executionEnabled(),
    live_wired: LIVE_WIRED,
    phases: PHASES,
  };
  return `${JSON.stringify(status)}\n`;
}

async function cut(file: string, mode: Mode, json: boolean): Promise<string> {
  const document = openDocument(file, await readFile(file, 'utf8'));
  const plan = planCut(document, cutDocument(document));
  const outcomes = await runPhases({
    mode,
    order: { cutId: `cut-${plan.digest.slice(0, 12)}`, actor: 'cli', plan },
  });
  if (json) return `${JSON.stringify({ mode, plan: withoutContent(plan), outcomes })}\n`;
  const phases = outcomes.map(({ phase, rows }) => `${mode} ${phase} ${JSON.stringify(rows)}\n`);
  return `${renderPlan(plan)}${phases.join('')}`;
}
