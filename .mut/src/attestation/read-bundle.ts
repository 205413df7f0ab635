// From the bytes of a bundle to statements whose signatures hold. Nothing in here is believed before that.
import { AttestationError } from './attestation-error.ts';
import { verifyEnvelope } from './dsse.ts';
import type { TrustedKey } from './keys.ts';
import {
  type DeploymentStatement,
  payloadType,
  predicateTypes,
  type Statement,
  type SummaryStatement,
  statementSchema,
} from './statement.ts';
import { digestOfPayload, payloadOf } from './statements.ts';

export interface SignedStatement {
  readonly statement: Statement;
  /** Digest of its payload. */
  readonly digest: string;
}

export interface ReadBundle {
  readonly key: TrustedKey;
  /** All lines, in order. */
  readonly lines: readonly SignedStatement[];
  /** The lines before the deployment. */
  readonly basis: readonly SignedStatement[];
  readonly deployment: DeploymentStatement & { readonly payloadDigest: string };
  readonly summary: SummaryStatement;
}

/**
 * Opens every envelope and finds the deployment, last but one, and the summary, last. Throws AttestationError with the line that
 * does not hold.
 */
export function readBundle(text: string, keys: readonly TrustedKey[]): ReadBundle {
  const opened = linesOf(text).map((line, index) => openLine(line, index + 1, keys));
  const [first] = opened;
  const other = opened.findIndex(({ keyId }) => keyId !== first?.keyId);
  if (other !== -1)
    throw new AttestationError(
      'mixed-keys',
      `line ${other + 1}: expected every line signed by ${first?.keyId}, got ${opened[other]?.keyId}`,
    );
  const key = keys.find(({ keyId }) => keyId === first?.keyId);
  if (!key) throw new AttestationError('malformed-bundle', 'expected at least one line, got an empty bundle');
  const lines = opened.map(({ statement, digest }) => ({ statement, digest }));
  return { key, lines, basis: lines.slice(0, -2), ...closing(lines) };
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length === 0)
    throw new AttestationError(
      'malformed-bundle',
      'expected JSON Lines that end in a newline, got a text that is empty or cut off',
    );
  return lines;
}

function openLine(
  line: string,
  number: number,
  keys: readonly TrustedKey[],
): SignedStatement & { keyId: string } {
  try {
    const { payload, keyId } = verifyEnvelope(
      line,
      payloadType,
      keys.map(({ key }) => key),
    );
    return { statement: parseStatement(payload), digest: digestOfPayload(payload), keyId };
  } catch (error) {
    if (error instanceof AttestationError)
      throw new AttestationError(error.code, `line ${number}: ${error.message}`, { cause: error });
    throw error;
  }
}

function parseStatement(payload: Buffer): Statement {
  const value = parseJson(payload.toString('utf8'));
  const type =
    typeof value === 'object' && value !== null && 'predicateType' in value ? value.predicateType : undefined;
  const known: readonly unknown[] = Object.values(predicateTypes);
  if (!known.includes(type))
    throw new AttestationError(
      'wrong-predicate-type',
      `expected one of ${known.join(', ')}, got ${JSON.stringify(type)}`,
    );
  const statement = statementSchema.safeParse(value);
  if (!statement.success)
    throw new AttestationError(
      'malformed-statement',
      `expected an in-toto statement with a ${String(type)} predicate; ${statement.error.issues[0]?.path.join('/')}: ${statement.error.issues[0]?.message}`,
      { cause: statement.error },
    );
  // Only the parsed members are judged below: anything beside them, or another spelling, would go unseen.
  if (payloadOf(statement.data) !== payload.toString('utf8'))
    throw new AttestationError(
      'malformed-statement',
      `expected a ${String(type)} statement in RFC 8785 form with known members only, got another`,
    );
  return statement.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AttestationError('malformed-statement', 'expected a JSON payload, got something else', {
      cause,
    });
  }
}

function closing(lines: readonly SignedStatement[]): Pick<ReadBundle, 'deployment' | 'summary'> {
  const summaries = lines.filter(({ statement }) => statement.predicateType === predicateTypes.summary);
  const deployments = lines.filter(({ statement }) => statement.predicateType === predicateTypes.deployment);
  const last = lines.at(-1)?.statement;
  const beforeLast = lines.at(-2);
  const inPlace =
    last?.predicateType === predicateTypes.summary &&
    beforeLast?.statement.predicateType === predicateTypes.deployment;
  if (!inPlace || summaries.length !== 1 || deployments.length !== 1) {
    throw new AttestationError(
      'missing-statement',
      `expected exactly one deployment and one verification summary, as the last two lines, got ${deployments.length} and ${summaries.length}, or in other places; a line was dropped, added or moved`,
    );
  }
  return { deployment: { ...beforeLast.statement, payloadDigest: beforeLast.digest }, summary: last };
}
