// The `allowed_signers` file of ssh-keygen(1): who may sign, for what, and when. What ssh-keygen refuses is refused here too.
import { AttestationError } from './attestation-error.ts';
import { createSshReader } from './ssh-wire.ts';

interface AllowedSigner {
  readonly principals: string;
  /** Patterns, as ssh_config(5) has them. */
  readonly namespaces: readonly string[] | null;
  readonly validAfter: Date | null;
  readonly validBefore: Date | null;
  readonly key: Buffer;
}

// A backslash would escape a quote for ssh-keygen; here it stands nowhere, so that the two cannot read two lines in one.
const option = String.raw`[A-Za-z-]+(?:="[^"\\]*")?`;
const lineForm = new RegExp(
  String.raw`^(?<principals>[^\s"\\]+)[ \t]+(?:(?<options>${option}(?:,${option})*)[ \t]+)?(?<type>[a-z][a-z0-9@.-]+)[ \t]+(?<key>[A-Za-z0-9+/]+={0,2})(?:[ \t].*)?$`,
);
const keyTypes = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
];
const optionNames = ['namespaces', 'valid-after', 'valid-before'];
/** Tabs and the CR of a line end are the only control characters that ssh-keygen reads as white space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\0-\x08\x0a-\x1f\x7f\ufeff]/;

/**
 * The principals of the line that allows this key (wire form) for this namespace at this instant.
 * Throws AttestationError `bad-sshsig` when none does, `malformed-allowed-signers` for a file that says something unknown.
 */
export function findSigner(file: string, publicKey: Buffer, namespace: string, at: Date): string {
  const signers = file
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .flatMap((line, index) => (/^[ \t]*(#|$)/.test(line) ? [] : [readLine(line, index + 1)]));
  const same = signers.filter(({ key }) => key.equals(publicKey));
  const signer = same.find(
    ({ namespaces, validAfter, validBefore }) =>
      (namespaces === null || matches(namespaces, namespace)) &&
      (validAfter === null || at >= validAfter) &&
      (validBefore === null || at < validBefore),
  );
  if (signer) return signer.principals;
  const why =
    same.length === 0
      ? 'a key that is not in the file'
      : `a key that is not allowed for ${namespace} at ${at.toISOString()}`;
  throw new AttestationError(
    'bad-sshsig',
    `expected a signature by a key of the allowed signers, got ${why}`,
  );
}

/** One pattern must match, and none that begins with `!`. */
function matches(patterns: readonly string[], text: string): boolean {
  const fits = (pattern: string) => {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 's').test(text);
  };
  return (
    patterns.some((each) => !each.startsWith('!') && fits(each)) &&
    !patterns.some((each) => each.startsWith('!') && fits(each.slice(1)))
  );
}

function readLine(line: string, number: number): AllowedSigner {
  const groups = control.test(line) ? undefined : lineForm.exec(line.replace(/^[ \t]+|[ \t]+$/g, ''))?.groups;
  const { principals, options = '', type = '', key } = groups ?? {};
  if (!principals || !key || !keyTypes.includes(type))
    throw malformed(number, 'PRINCIPALS [OPTIONS] TYPE KEY');
  // Nobody is asked for by name here, so it cannot be said who is left when some are taken away.
  if (principals.split(',').some((each) => each.startsWith('!')))
    throw malformed(number, 'only principals that are allowed, none with "!"');
  const said = readOptions(options, number);
  const namespaces = said.get('namespaces');
  const validAfter = readTime(said.get('valid-after'), number);
  const validBefore = readTime(said.get('valid-before'), number);
  if (validAfter && validBefore && validAfter >= validBefore)
    throw malformed(number, 'valid-after before valid-before');
  return {
    principals,
    namespaces: namespaces === undefined ? null : namespaces.split(','),
    validAfter,
    validBefore,
    key: readKey(type, key, number),
  };
}

function readOptions(text: string, number: number): Map<string, string> {
  const options = new Map<string, string>();
  for (const [, spelled = '', value] of text.matchAll(/([A-Za-z-]+)(?:="([^"]*)")?/g)) {
    const name = spelled.toLowerCase();
    // An option that is not understood may be one that narrows: skipping it would allow more than the file says.
    if (value === undefined || !optionNames.includes(name))
      throw malformed(number, 'only the options namespaces, valid-after and valid-before');
    if (options.has(name)) throw malformed(number, `the option ${name} once`);
    options.set(name, value);
  }
  return options;
}

/** The wire form. A spelling of it with spare bits or padding is refused, and so is a key that is of another type than it says. */
function readKey(type: string, text: string, number: number): Buffer {
  const key = Buffer.from(text, 'base64');
  try {
    const reader = createSshReader(key);
    const named = String(reader.string());
    const whole = type !== 'ssh-ed25519' || (reader.string().length === 32 && reader.atEnd());
    if (key.toString('base64') === text && named === type && whole) return key;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
  }
  throw malformed(number, `a whole key of type ${type} in canonical base64`);
}

/** YYYYMMDD[HHMM[SS]] with Z. Without it ssh-keygen means local time, which would differ from verifier to verifier. */
function readTime(text: string | undefined, number: number): Date | null {
  if (text === undefined) return null;
  const {
    date,
    hours = '00',
    minutes = '00',
    seconds = '00',
  } = /^(?<date>\d{8})(?:(?<hours>\d\d)(?<minutes>\d\d)(?<seconds>\d\d)?)?Z$/.exec(text)?.groups ?? {};
  const written = `${date?.slice(0, 4)}-${date?.slice(4, 6)}-${date?.slice(6)}T${hours}:${minutes}:${seconds}.000Z`;
  const time = new Date(written);
  // A day that the month does not have, or an hour 24, would be read as the next one; ssh-keygen takes 1970 for no time at all.
  if (!(time.getTime() > 0) || time.toISOString() !== written)
    throw malformed(number, 'times as YYYYMMDD[HHMM[SS]]Z');
  return time;
}

function malformed(number: number, expected: string): AttestationError {
  return new AttestationError(
    'malformed-allowed-signers',
    `allowed signers, line ${number}: expected ${expected}, got something else`,
  );
}
