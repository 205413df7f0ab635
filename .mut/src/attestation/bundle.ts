// The evidence bundle: one DSSE envelope a line, and an SSH signature over the whole file.
import type { RunState } from '../run/state.ts';
import { signEnvelope } from './dsse.ts';
import { allowedSignersLine, type SigningKeys } from './keys.ts';
import { signSshsig } from './sshsig.ts';
import { payloadType } from './statement.ts';
import { digestOfPayload, payloadOf, type StatementContext, statementsOf } from './statements.ts';

export interface SignedBundle {
  /** JSON Lines. */
  readonly text: string;
  /** `sha256:…` over the text. */
  readonly digest: string;
  /** Armored SSHSIG over the text. */
  readonly sshsig: string;
  /** Line of an `allowed_signers` file for that signature. Verifiers need it from a place of their own trust. */
  readonly allowedSigners: string;
}

/**
 * Signs a run as its ledger holds it at `ledgerHead`, with its report gate taken as done (see concludeRun). Blocked, failed and
 * aborted runs get a bundle too.
 */
export function buildBundle(
  run: RunState,
  context: StatementContext & { readonly keys: SigningKeys },
): SignedBundle {
  const lines = statementsOf(run, context).map((statement) =>
    JSON.stringify(signEnvelope(payloadType, payloadOf(statement), context.keys.signing)),
  );
  const text = `${lines.join('\n')}\n`;
  const { sshsig } = context.keys;
  return {
    text,
    digest: digestOfPayload(text),
    sshsig: signSshsig(text, sshsig),
    allowedSigners: allowedSignersLine(sshsig),
  };
}
