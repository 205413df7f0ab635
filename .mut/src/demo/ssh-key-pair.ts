import ssh2 from 'ssh2';

export type SshKeyPair = { readonly publicKey: string; readonly privateKey: string };

/**
 * A fresh ed25519 key pair in OpenSSH's formats, without a passphrase.
 *
 * ssh2 1.17 drops the zero byte that one public key in 256 begins with, and then refuses to read its own key
 * (mscdex/ssh2#1513), so this makes keys until one can be read.
 */
export function generateSshKeyPair(): SshKeyPair {
  for (;;) {
    const { public: publicKey, private: privateKey } = ssh2.utils.generateKeyPairSync('ed25519');
    const readable = [publicKey, privateKey].every((key) => !(ssh2.utils.parseKey(key) instanceof Error));
    if (readable) return { publicKey, privateKey };
  }
}
