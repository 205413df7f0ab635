// Which certificate a time stamp says that it was signed with (RFC 3161, 2.4.2; RFC 2634; RFC 5035). A signature alone names a key:
// another certificate of that key, for other times or purposes, would fit it as well.
import { createHash } from 'node:crypto';
import { type BaseBlock, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import type { Certificate, SignedData } from 'pkijs';

/** By signed attribute: the digest that it takes where it names none. */
const attributes: { readonly [oid: string]: string } = {
  '1.2.840.113549.1.9.16.2.12': 'sha1',
  '1.2.840.113549.1.9.16.2.47': 'sha256',
};
const digests: { readonly [oid: string]: string } = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** Whether the one signature names this certificate, by its digest, in each of the attributes that may; false where none is there. */
export function namesCertificate({ signerInfos: [signer] }: SignedData, certificate: Certificate): boolean {
  const der = Buffer.from(certificate.toSchema().toBER());
  const named = (signer?.signedAttrs?.attributes ?? []).filter(({ type }) => type in attributes);
  return (
    named.length > 0 &&
    named.every(({ type, values }) => {
      const [first] = childrenOf(childrenOf(values[0])[0]);
      const parts = childrenOf(first);
      const algorithm = parts
        .map((part) => childrenOf(part)[0])
        .find((each) => each instanceof ObjectIdentifier);
      const name = algorithm ? digests[algorithm.valueBlock.toString()] : attributes[type];
      const hash = parts.find((part) => part instanceof OctetString);
      return (
        name !== undefined &&
        hash instanceof OctetString &&
        createHash(name).update(der).digest().equals(Buffer.from(hash.valueBlock.valueHexView))
      );
    })
  );
}

function childrenOf(block: unknown): readonly BaseBlock[] {
  return block instanceof Sequence ? block.valueBlock.value : [];
}
