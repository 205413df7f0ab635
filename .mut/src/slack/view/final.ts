// The end of a run: verdict, what is live now, what was delivered, held and left alone, on whose word, how anybody can verify
// it, and what is honestly still open.
import { matrixOf } from '../../gaps/matrix.ts';
import { readFacts } from '../../run/facts.ts';
import type { RunState } from '../../run/state.ts';
import { approvalLines } from './approved-by.ts';
import { header, list, section } from './blocks.ts';
import { deliveredLines } from './delivered.ts';
import type { DesiredFile, DesiredMessage, ViewContext } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { fileName } from './file-name.ts';
import { gapChangeLines, openGapLines } from './gap-lines.ts';
import { heldLines } from './held.ts';
import { holdLines } from './hold.ts';
import { nextLines } from './next-lines.ts';
import { ownFacts } from './own-facts.ts';
import { rulingButton, rulingFiles, rulingLines } from './ruling.ts';
import { stoppedLines } from './stopped-gates.ts';
import { whereTimeWent } from './times.ts';
import { untouchedHeading, untouchedLines } from './untouched.ts';
import { attestationLines, ledgerLines } from './verification.ts';
import { whatIsLive } from './what-is-live.ts';
import { operationWord, verdictSign } from './words.ts';

/** Null before the run has finished. */
export function finalMessage(run: RunState, view: ViewContext): DesiredMessage | null {
  const { finished, plan } = run;
  if (!finished) return null;
  const title = `${verdictSign[finished.verdict]} ${finished.verdict} · ${operationWord[run.operation]} ${plan.name}`;
  const files = [...reportFiles(run), ...rulingFiles(view)];
  const passed = finished.verdict === 'PASS';
  return {
    key: 'final',
    thread: true,
    text: `${title}. ${plain(finished.outcome)}`,
    blocks: [
      header(title),
      section(
        [
          `*${plain(finished.outcome)}*`,
          ...(finished.reason ? [`> ${plain(finished.reason.text)}`] : []),
        ].join('\n'),
      ),
      ...list('Ruling', rulingLines(run, view)),
      ...list('What is live now', whatIsLive(run)),
      ...list('A person must decide', holdLines(run)),
      ...(passed ? [] : list('Gates that did not pass', stoppedLines(run, finished.reason))),
      ...list('Delivered', deliveredLines(run)),
      ...list(passed ? 'Held' : 'Measured', heldLines(run)),
      ...list(untouchedHeading(run), untouchedLines(run)),
      ...list('Approval', approvalLines(run)),
      ...list('Verify it, offline', attestationLines(run)),
      ...list('Ledger', ledgerLines(run)),
      ...list('What this run did to gaps', gapChangeLines(run)),
      ...list('Gaps still open, carried on', openGapLines(matrixOf(run))),
      ...list('Next', nextLines(run)),
      section(`Time: ${whereTimeWent(run)}; every duration and wait: ${code(`/runs ${run.runId}`)}`),
      ...rulingButton(run),
    ],
    ...(files.length > 0 && { files }),
  };
}

/** What a verifier needs comes first, under the names that the command speaks of. */
function reportFiles(run: RunState): DesiredFile[] {
  const { documents = [], bundle, files = [] } = readFacts('report', ownFacts(run, 'report'));
  const signed = [...(bundle ? [bundle] : []), ...files].map(({ name, digest }) => ({
    name: fileName([name], ''),
    title: name.slice(0, 150),
    digest,
  }));
  return [
    ...signed,
    ...documents.map(({ name, title, digest }) => ({
      name: fileName([name], ''),
      title: documentTitle(run, title),
      digest,
    })),
  ];
}

/** `01 · G0 right machine and world as expected`: without the plan's title, which each document of the package begins with. */
function documentTitle({ plan }: RunState, title: string): string {
  const own = title.startsWith(plan.title) ? title.slice(plan.title.length).replace(/^[\s—–-]+/, '') : title;
  return own.replace(/^(\d+b?) /, '$1 · ').slice(0, 150);
}
