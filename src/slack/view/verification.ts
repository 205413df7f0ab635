// How anybody can verify the run without us, and what of it the thread itself keeps.
import { readFacts } from '../../run/facts.ts';
import type { RunState } from '../../run/state.ts';
import { code, plain } from './escape.ts';
import { count } from './measures.ts';
import { ownFacts } from './own-facts.ts';

/** Lines of mrkdwn: what to download, what to type, and whose key it must be. */
export function attestationLines(run: RunState): string[] {
  const { documents, bundle, files, publication, ledgerHead, keyId, anchored, verifyCommand } = readFacts(
    'report',
    ownFacts(run, 'report'),
  );
  if (!bundle) return [':warning: Nothing was signed: the report gate left no bundle.'];
  const needed = [bundle, ...(files ?? [])].map(({ name }) => name);
  const downloads = needed.filter((name) => verifyCommand?.split(' ').includes(name)).map(code);
  return [
    ...(verifyCommand && files
      ? [
          `Download ${downloads.slice(0, -1).join(', ')} and ${downloads.at(-1)} from this thread into a checkout of Interlock, then there:`,
          code(verifyCommand),
        ]
      : []),
    ...(keyId
      ? [
          `Key ${code(keyId)}; compare it with the fingerprint that the operator published, for a key from this thread vouches only for itself`,
        ]
      : []),
    `Bundle ${code(bundle.name)} ${code(bundle.digest)}`,
    ...(ledgerHead ? [`Ledger head when it was signed ${code(ledgerHead)}`] : []),
    ...(anchored?.at
      ? [
          `Stamped by ${code(anchored.authority)} at ${anchored.at}: ${code('--timestamp-authority')} verifies it`,
        ]
      : []),
    ...(anchored && anchored.at === null
      ? [
          `:warning: No time was anchored outside: ${plain(anchored.reason ?? '')}. It is asked again now that the run has ended`,
        ]
      : []),
    ...(documents ? [`${count(documents.length, 'document')} uploaded below`] : []),
    ...(publication?.published ? [`Published: ${plain(publication.detail)}`] : []),
    ...(publication && !publication.published
      ? [
          `:warning: Not published: ${plain(publication.detail)}. The verdict stands; publish it again with ${code(`/runs publish ${run.runId}`)}`,
        ]
      : []),
  ];
}

/** The thread is a second place, which the signing key alone cannot rewrite. The bot token can. */
export function ledgerLines(run: RunState): string[] {
  const { runId, seq, head, previous } = run;
  const { ledgerHead } = readFacts('report', ownFacts(run, 'report'));
  const copy = code(`runs/${runId}/ledger.jsonl`);
  return [
    ...(ledgerHead
      ? [
          `${code('ledger.jsonl')} of this thread ends where it was signed; verify it against that head: ${code(`npm run -s interlock -- ledger verify ledger.jsonl --head ${ledgerHead}`)}`,
        ]
      : []),
    ...(head ? [`The run ends with event ${seq}, head ${code(head)}`] : []),
    ...(head && ledgerHead
      ? [
          `The operator’s copy goes on to there: ${copy} in the control plane’s data directory. Give ${code('ledger verify')} that head for it`,
        ]
      : []),
    previous
      ? `It goes on from run ${code(previous.run)} on the same target, ${code(previous.head)}`
      : 'It is the first run on this target',
  ];
}
