// The end of a run: verdict, what is live now, what was signed and how to verify it, and what is honestly still open.
import { readFacts } from '../../run/facts.ts';
import { factsOf, type RunState } from '../../run/state.ts';
import { fields, header, list, section } from './blocks.ts';
import type { DesiredFile, DesiredMessage } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { fileName } from './evidence-files.ts';
import { between, count, duration } from './measures.ts';
import { whatIsLive } from './what-is-live.ts';
import { operationWord, statusEmoji, statusWord, verdictSign } from './words.ts';

/** Null before the run has finished. */
export function finalMessage(run: RunState): DesiredMessage | null {
  const { finished, plan } = run;
  if (!finished) return null;
  const title = `${verdictSign[finished.verdict]} ${finished.verdict} · ${operationWord[run.operation]} ${plan.name}`;
  const files = reportFiles(run);
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
      ...list('What is live now', whatIsLive(run)),
      ...list(
        'Gates',
        run.gates.map(
          ({ gate, status }) =>
            `${statusEmoji[status]} *${plain(gate.id)}* ${plain(gate.title)}: ${statusWord[status].split(':')[0]}`,
        ),
      ),
      ...list('Attestation', attestationLines(run)),
      ...list('Ledger', ledgerLines(run)),
      ...list('Disclosed gaps, carried on', gapLines(run)),
      fields(nextFields(run)),
      section(
        `${count(run.gates.length, 'gate')} in ${duration(between(run.requestedAt, finished.at))}; every duration and wait: ${code(`/runs ${run.runId}`)}`,
      ),
    ],
    ...(files.length > 0 && { files }),
  };
}

function attestationLines(run: RunState): string[] {
  const { documents, bundle, publication, ledgerHead, keyId, verifyCommand } = readFacts(
    'report',
    factsOf(run)['report'],
  );
  if (!bundle) return [':warning: Nothing was signed: the report gate left no bundle.'];
  return [
    `Bundle ${code(bundle.name)} ${code(bundle.digest)}`,
    ...(ledgerHead ? [`Ledger head when it was signed ${code(ledgerHead)}`] : []),
    ...(keyId ? [`Key ${code(keyId)}`] : []),
    ...(verifyCommand ? [`Verify it, offline: ${code(verifyCommand)}`] : []),
    ...(documents ? [`${count(documents.length, 'document')} uploaded below`] : []),
    ...(publication?.published ? [`Published: ${plain(publication.detail)}`] : []),
    ...(publication && !publication.published
      ? [
          `:warning: Not published: ${plain(publication.detail)}. The verdict stands; publish it again with ${code(`/runs publish ${run.runId}`)}`,
        ]
      : []),
  ];
}

/** The thread is a second place, which whoever holds the signing key cannot rewrite. */
function ledgerLines({ seq, head, previous }: RunState): string[] {
  return [
    ...(head
      ? [
          `It ends with event ${seq}, ${code(head)}`,
          `Compare: ${code(`interlock ledger verify ledger.jsonl --head ${head}`)}`,
        ]
      : []),
    previous
      ? `It goes on from run ${code(previous.run)} on the same target, ${code(previous.head)}`
      : 'It is the first run on this target',
  ];
}

function gapLines({ plan }: RunState): string[] {
  const open = plan.gaps.filter(({ status }) => status !== 'closed');
  return open.map(
    ({ id, title, status, scope }) => `• *${plain(id)}* ${status}: ${plain(title)} (${plain(scope)})`,
  );
}

function nextFields({ plan: { next } }: RunState): [string, string][] {
  return [
    ['Routed to', plain(next.routeTo)],
    ['Next', plain(next.next)],
    ...(next.then ? [['Then', plain(next.then)] as [string, string]] : []),
    ...(next.later ? [['Later', plain(next.later)] as [string, string]] : []),
  ];
}

function reportFiles(run: RunState): DesiredFile[] {
  const { documents, bundle } = readFacts('report', factsOf(run)['report']);
  return [
    ...(documents ?? []).map(({ name, title, digest }) => ({
      name: fileName([name], ''),
      title: title.slice(0, 150),
      digest,
    })),
    ...(bundle
      ? [
          {
            name: fileName([bundle.name], ''),
            title: 'Evidence bundle (DSSE, JSON Lines)',
            digest: bundle.digest,
          },
        ]
      : []),
  ];
}
