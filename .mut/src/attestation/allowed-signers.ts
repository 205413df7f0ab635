// The `allowed_signers` file of ssh-keygen(1): who may sign, for what, and when.
import { AttestationError } from './attestation-error.ts';

interface AllowedSigner {
  readonly principals: string;
  readonly namespaces: readonly string[] | null;
  readonly validAfter: Date | null;
  readonly validBefore: Date | null;
  readonly key: Buffer;
}

const lineForm =
  /^(?<principals>\S+)\s+(?:(?<options>(?:[^\s"]|"[^"]*")+)\s+)?(?<type>ssh-ed25519)\s+(?<key>[A-Za-z0-9+/]+=*)(?:\s.*)?$/;

/**
 * The principals of the line that allows this key (wire form) for this namespace at this instant.
 * Throws AttestationError `bad-sshsig` when none does, `malformed-allowed-signers` for a file that says something unknown.
 */
export function findSigner(file: string, publicKey: Buffer, namespace: string, at: Date): string {
  const signers = file
    .split('\n')
    .flatMap((line, index) => (/^\s*(#|$)/.test(line) ? [] : [readLine(line.trim(), index + 1)]));
  const same = signers.filter(({ key }) => key.equals(publicKey));
  const signer = same.find(
    ({ namespaces, validAfter, validBefore }) =>
      (namespaces === null || namespaces.includes(namespace)) &&
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

function readLine(line: string, number: number): AllowedSigner {
  const groups = lineForm.exec(line)?.groups;
  if (!groups?.['principals'] || !groups['key'])
    throw malformed(number, 'PRINCIPALS [OPTIONS] ssh-ed25519 KEY');
  const options = new Map(
    (groups['options'] ?? '').match(/(?:[^,"]|"[^"]*")+/g)?.map((option) => readOption(option, number)),
  );
  const namespaces = options.get('namespaces');
  return {
    principals: groups['principals'],
    namespaces: namespaces === undefined ? null : namespaces.split(','),
    validAfter: readTime(options.get('valid-after'), number),
    validBefore: readTime(options.get('valid-before'), number),
    key: Buffer.from(groups['key'], 'base64'),
  };
}

function readOption(option: string, number: number): [string, string] {
  const { name, value } = /^(?<name>[a-z-]+)(?:="(?<value>[^"]*)")?$/.exec(option)?.groups ?? {};
  // An option that is not understood may be one that narrows: skipping it would allow more than the file says.
  if (!name || value === undefined || !['namespaces', 'valid-after', 'valid-before'].includes(name)) {
    throw malformed(number, 'only the options namespaces, valid-after and valid-before');
  }
  return [name, value];
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
  const time = new Date(
    `${date?.slice(0, 4)}-${date?.slice(4, 6)}-${date?.slice(6)}T${hours}:${minutes}:${seconds}Z`,
  );
  if (Number.isNaN(time.getTime())) throw malformed(number, 'times as YYYYMMDD[HHMM[SS]]Z');
  return time;
}

function malformed(number: number, expected: string): AttestationError {
  return new AttestationError(
    'malformed-allowed-signers',
    `allowed signers, line ${number}: expected ${expected}, got something else`,
  );
}
