import { CREDENTIAL_PATTERNS, type CredentialPattern, showsNoSecret } from './credential-patterns.ts';
import type { JsonValue } from './json-value.ts';
import { findPemBlocks } from './pem-blocks.ts';
import { literalReplacer } from './replace-literals.ts';
import { Secret } from './secret.ts';
import { spellingsOf } from './secret-spellings.ts';

export type Redactor = {
  /**
   * Replaces every credential by `[redacted:<kind>]`. Idempotent. Hand it whole texts: a key cut into lines
   * is no key.
   */
  readonly redact: (text: string) => string;
  /**
   * The same for every string, key and secret-named member of a JSON value; what JSON cannot hold is made
   * JSON first.
   */
  readonly redactJson: (value: unknown) => JsonValue;
};

const KINDS = ['private-key', 'unsettled', 'bytes', ...CREDENTIAL_PATTERNS.map(({ kind }) => kind)];
/** A pass can uncover a boundary that a pattern waits for; honest text settles in two or three. */
const MAX_PASSES = 8;
/** Levels of a value that are shown; nothing that is made to be read has as many. */
const DEEPEST = 100;
const AUTHORIZATION_KEY = /^(?:proxy-)?authorization$/i;
const SECRET_KEY = /password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|credential/i;

/** Builds a redactor for common credentials and for the given secrets, in every spelling of `spellingsOf`. */
export function createRedactor(options: { readonly literals: readonly Secret[] }): Redactor {
  const spellings = options.literals.flatMap(spellingsOf);
  const redactLiterals = literalReplacer(spellings, [...KINDS, ...spellings.map(({ kind }) => kind)]);
  const onePass = (text: string) =>
    CREDENTIAL_PATTERNS.reduce(redactPattern, redactPem(redactLiterals(text)));

  const settle = (text: string): string => {
    let before = text;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const after = onePass(before);
      if (after === before) return after;
      before = after;
    }
    // Only text made to do this gets here; showing it half redacted would be its aim.
    return '[redacted:unsettled]';
  };
  const redact = (text: string): string => {
    try {
      return settle(text);
    } catch (error) {
      // A text beyond what a pattern or a string can hold is not shown at all; nobody who redacts can do better with an error.
      if (error instanceof RangeError) return '[redacted:unsettled]';
      throw error;
    }
  };
  return { redact, redactJson: (value) => redactDeep(value, redact, new Set()) };
}

function redactPem(text: string): string {
  let redacted = '';
  let from = 0;
  for (const block of findPemBlocks(text)) {
    redacted += `${text.slice(from, block.start)}[redacted:private-key]`;
    from = block.end;
  }
  return redacted + text.slice(from);
}

function redactPattern(text: string, credential: CredentialPattern): string {
  const { kind, pattern, replace, valueEnd } = credential;
  if (valueEnd !== undefined) return redactValues(text, credential, valueEnd);
  const placeholder = `[redacted:${kind}]`;
  if (replace === undefined) return text.replace(pattern, placeholder);
  // None of the patterns has named groups, so the last two arguments are the offset and the whole text.
  return text.replace(pattern, (match: string, ...rest: unknown[]) => {
    const groups = rest.slice(0, -2).map((group) => (typeof group === 'string' ? group : ''));
    return replace(placeholder, groups) ?? match;
  });
}

function redactValues(
  text: string,
  { kind, pattern, replace }: CredentialPattern,
  valueEnd: NonNullable<CredentialPattern['valueEnd']>,
): string {
  const parts: string[] = [];
  let from = 0;
  pattern.lastIndex = 0;
  for (let key = pattern.exec(text); key !== null; key = pattern.exec(text)) {
    const at = pattern.lastIndex;
    const end = valueEnd(text, at);
    if (end === -1) {
      pattern.lastIndex = key.index + 1;
      continue;
    }
    pattern.lastIndex = end;
    const replaced = replace?.(`[redacted:${kind}]`, [key[0], text.slice(at, end)]);
    if (replaced === undefined) continue;
    parts.push(text.slice(from, key.index), replaced);
    from = end;
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

function redactDeep(value: unknown, redact: (text: string) => string, above: Set<object>): JsonValue {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return null;
  if (value instanceof Secret) return `[redacted:${value.kind}]`;
  if (ArrayBuffer.isView(value)) return '[redacted:bytes]';
  if (above.has(value)) return '[circular]';
  if (above.size > DEEPEST) return '[too deep]';
  const within = new Set(above).add(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redact, within));
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return redactDeep(value.toJSON(), redact, within);
  // An Error has its message where JSON does not look.
  const members = value instanceof Error ? { ...value, name: value.name, message: value.message } : value;
  return Object.fromEntries(
    Object.entries(members)
      .filter(
        ([, member]) => member !== undefined && typeof member !== 'function' && typeof member !== 'symbol',
      )
      .map(([key, member]) => [redact(key), redactMember(key, member, redact, within)]),
  );
}

function redactMember(
  key: string,
  member: unknown,
  redact: (text: string) => string,
  above: Set<object>,
): JsonValue {
  if (typeof member !== 'string') return redactDeep(member, redact, above);
  if (AUTHORIZATION_KEY.test(key)) {
    const header = redact(`authorization: ${member}`);
    return header.startsWith('authorization: ')
      ? header.slice('authorization: '.length)
      : '[redacted:authorization]';
  }
  return SECRET_KEY.test(key) && !showsNoSecret(member) ? '[redacted:assignment]' : redact(member);
}
