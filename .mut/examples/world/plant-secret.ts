import { createHash } from 'node:crypto';

/**
 * Text that a secret scan must find: an access key of a cloud provider and a private key. Both are put together only here, so that no
 * file of this project holds anything that looks like one, and neither opens anything.
 */
export function plantedSecret(): string {
  const noise = Array.from({ length: 6 }, (_, at) =>
    createHash('sha512').update(`planted ${at}`).digest('base64'),
  );
  const letters = noise
    .join('')
    .toUpperCase()
    .replace(/[^A-Z2-7]/g, '');
  const accessKey = ['AK', 'IA', letters.slice(0, 16)].join('');
  const label = ['RSA', 'PRIVATE', 'KEY'].join(' ');
  const body = noise.map((each) => each.replaceAll('=', '').slice(0, 64));
  return [accessKey, `-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`].join('\n');
}
