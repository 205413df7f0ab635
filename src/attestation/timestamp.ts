// Time stamps (RFC 3161) over the head of a ledger: somebody else's word that the head, and so every event before it, existed by then.
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { BitString, Integer, Null, OctetString } from 'asn1js';
import {
  AlgorithmIdentifier,
  Certificate,
  ExtKeyUsage,
  MessageImprint,
  SignedData,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs';
import { AttestationError } from './attestation-error.ts';
import { namesCertificate } from './signing-certificate.ts';

const oid = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  /** Extended key usage of a certificate that may stamp times. */
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

/** Bits of a key usage: digitalSignature and nonRepudiation. */
const signing = 0xc0;

export interface Timestamp {
  /** By the clock of the authority. */
  readonly at: Date;
  /** Subject of the certificate that signed, on one line. */
  readonly authority: string;
}

export interface TimestampQuery {
  /** DER: the body of a request, `application/timestamp-query`. */
  readonly der: Buffer;
  /** Hex; the answer to this query repeats it, so that an old answer is not taken for it. */
  readonly nonce: string;
}

/** Asks for a time stamp of this text (for a ledger: its head, `sha256:…`), with the certificate of the signer in the answer. */
export function timestampQuery(text: string): TimestampQuery {
  const nonce = randomBytes(8);
  // A positive number in its shortest form: what comes back is compared byte for byte.
  nonce.writeUInt8(0x40 | (nonce.readUInt8(0) & 0x3f), 0);
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: oid.sha256, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: imprintOf(text) }),
    }),
    nonce: new Integer({ valueHex: nonce }),
    certReq: true,
  });
  return { der: Buffer.from(request.toSchema().toBER()), nonce: nonce.toString('hex') };
}

/**
 * Verifies an answer (TimeStampResp, DER): that it is a stamp of this very text, to this query if one is named, by a certificate for
 * time stamping that these trusted ones (PEM) vouched for at that time. Throws AttestationError `timestamp-mismatch`.
 */
export async function verifyTimestamp(
  der: Uint8Array,
  text: string,
  trusted: string,
  nonce?: string,
): Promise<Timestamp> {
  const { signed, info } = openResponse(der);
  if (hexOf(info.messageImprint.hashedMessage) !== imprintOf(text).toString('hex'))
    throw mismatch(`a time stamp of ${text}`, 'one of something else');
  if (nonce !== undefined && (!info.nonce || hexOf(info.nonce) !== nonce))
    throw mismatch('the answer to this very query', 'another one, perhaps an old one');
  const verified = await signed
    .verify({
      signer: 0,
      data: new Uint8Array(Buffer.from(text)).buffer,
      trustedCerts: certificatesIn(trusted),
      checkChain: true,
      extendedMode: true,
    })
    .catch((cause: unknown) => {
      throw mismatch(
        'a time stamp by an authority that is trusted',
        `one that is not: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      );
    });
  const { signerCertificate } = verified;
  if (verified.signatureVerified !== true || !signerCertificate)
    throw mismatch('a signature over this time stamp', 'one that does not fit');
  const signer = readCertificate(signerCertificate);
  // A certificate for a web server of the same authority must not be able to make times.
  if (!isForStamping(signerCertificate))
    throw mismatch(
      'a certificate for time stamping',
      `that of ${subjectOf(signer)}, which is for other things`,
    );
  if (!namesCertificate(signed, signerCertificate))
    throw mismatch(
      `a time stamp that names the certificate of ${subjectOf(signer)}`,
      'one that names none, or another',
    );
  return { at: info.genTime, authority: subjectOf(signer) };
}

/** Whether this answer is a stamp of this text, by what it says of itself; nothing of it is verified. */
export function isStampOf(der: Uint8Array, text: string): boolean {
  return hexOf(openResponse(der).info.messageImprint.hashedMessage) === imprintOf(text).toString('hex');
}

/** Throws AttestationError `timestamp-mismatch` unless there is at least one certificate in PEM. */
export function certificatesIn(pem: string): Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw mismatch('certificates of the time stamp authority in PEM', 'a text without any');
  return blocks.map((block) => {
    try {
      return Certificate.fromBER(new Uint8Array(new X509Certificate(block).raw));
    } catch (cause) {
      throw mismatch('certificates of the time stamp authority in PEM', 'one that cannot be read', cause);
    }
  });
}

/** Everything in here is attacker-controlled until the signature holds. */
function openResponse(der: Uint8Array): { signed: SignedData; info: TSTInfo } {
  try {
    const response = TimeStampResp.fromBER(new Uint8Array(der));
    const { timeStampToken: token, status } = response;
    if (!token || status.status > 1)
      throw mismatch('a time stamp', `a refusal by the authority (status ${status.status})`);
    if (token.contentType !== oid.signedData) throw mismatch('signed data', token.contentType);
    const signed = new SignedData({ schema: token.content });
    const { eContent, eContentType } = signed.encapContentInfo;
    if (!eContent || eContentType !== oid.timestampInfo || signed.signerInfos.length !== 1)
      throw mismatch('one signature over one time', eContentType);
    const info = TSTInfo.fromBER(eContent.getValue());
    if (info.messageImprint.hashAlgorithm.algorithmId !== oid.sha256)
      throw mismatch('a stamp of a sha256', info.messageImprint.hashAlgorithm.algorithmId);
    return { signed, info };
  } catch (cause) {
    if (cause instanceof AttestationError) throw cause;
    throw mismatch('an answer of a time stamp authority (RFC 3161)', 'something else', cause);
  }
}

/** For this alone, which must be critical (RFC 3161, 2.3), and for signatures where it says what its key may do: as openssl has it. */
function isForStamping({ extensions = [] }: Certificate): boolean {
  const extended = extensions.find(({ extnID }) => extnID === oid.extendedKeyUsage);
  const purposes = extended?.parsedValue instanceof ExtKeyUsage ? extended.parsedValue.keyPurposes : [];
  const uses = extensions.find(({ extnID }) => extnID === oid.keyUsage)?.parsedValue;
  const [bits = 0, more = 0] = uses instanceof BitString ? uses.valueBlock.valueHexView : [signing];
  return (
    extended?.critical === true &&
    purposes.length === 1 &&
    purposes[0] === oid.timeStamping &&
    (bits & signing) !== 0 &&
    ((bits & ~signing) | more) === 0
  );
}

function readCertificate(certificate: Certificate): X509Certificate {
  return new X509Certificate(Buffer.from(certificate.toSchema().toBER()));
}

function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').join(', ');
}

function imprintOf(text: string): Buffer<ArrayBuffer> {
  return Buffer.from(createHash('sha256').update(text).digest());
}

function hexOf({ valueBlock }: OctetString | Integer): string {
  return Buffer.from(valueBlock.valueHexView).toString('hex');
}

function mismatch(expected: string, got: string, cause?: unknown): AttestationError {
  return new AttestationError('timestamp-mismatch', `expected ${expected}, got ${got}`, { cause });
}
