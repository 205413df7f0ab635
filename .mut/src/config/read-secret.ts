// Secrets of the configuration: from the environment, or from files that nobody else can read. No fault shows a value.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findExposure } from '../evidence/exposure.ts';
import { Secret } from '../evidence/secret.ts';
import type { SecretRef } from './schema.ts';

/** What a secret must look like, in a pattern and in words. */
export interface SecretForm {
  readonly pattern: RegExp;
  readonly words: string;
}

/** Slack's documentation, "Token types". One in the other's place gives errors that name neither. */
export const slackForms = {
  botToken: { pattern: /^xoxb-\S+$/, words: 'a bot token, which begins with xoxb-' },
  appToken: { pattern: /^xapp-\S+$/, words: 'an app-level token, which begins with xapp-' },
  signingSecret: {
    pattern: /^(?!xox|xapp)\S+$/,
    words: 'the signing secret of the app’s Basic Information page, which is no token',
  },
} as const satisfies Record<string, SecretForm>;

export interface SecretRequest {
  /** Where the configuration has it, such as `slack/botToken`. */
  readonly place: string;
  readonly ref: SecretRef;
  /** Whether its absence is a fault. */
  readonly needed: boolean;
  readonly form?: SecretForm;
}

export interface SecretSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory that relative paths start from. */
  readonly from: string;
}

/** The secret, empty when it cannot be had; what is wrong goes to `faults`. */
export function readSecret(request: SecretRequest, { env, from }: SecretSource, faults: string[]): Secret {
  const { place, ref, needed, form } = request;
  const where = 'env' in ref ? `the environment variable ${ref.env}` : resolve(from, ref.file);
  const text = 'env' in ref ? env[ref.env] : readPrivateFile(place, where, faults);
  if (text === null) return new Secret('');
  const value = (text ?? '').trim();
  if (value === '') {
    if (text === undefined && needed) faults.push(`${place} — expected ${where}, got none`);
    if (text !== undefined && needed)
      faults.push(`${place} — expected a value in ${where}, got an empty one`);
  } else if (needed && form && !form.pattern.test(value)) {
    faults.push(`${place} — expected ${form.words}, in ${where}, got ${kindOf(value)}`);
  }
  return new Secret(value);
}

/**
 * The text of a file that nobody else can read; null, and a fault, otherwise. Looked at and read through one handle: what is
 * judged is what is read, wherever a link leads and whoever moves it meanwhile.
 */
export function readPrivateFile(place: string, file: string, faults: string[]): string | null {
  let handle: number;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const isDenied = error instanceof Error && 'code' in error && error.code === 'EACCES';
    faults.push(
      `${place} — expected a file at ${file}, got ${isDenied ? 'one that this user cannot read' : 'none'}`,
    );
    return null;
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) {
      faults.push(`${place} — expected a plain file at ${file}, got something else`);
      return null;
    }
    const exposure = findExposure(stat, process.geteuid?.());
    if (exposure !== null) {
      faults.push(
        `${place} — expected at ${file} ${exposure}; run: chown $(id -u) ${file} && chmod 600 ${file}`,
      );
      return null;
    }
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

/** Which other token it is, if that can be told by its public prefix. */
function kindOf(value: string): string {
  const prefix = /^(?:xox[abceoprs]|xapp)-/.exec(value)?.[0];
  return prefix === undefined ? 'something else' : `one that begins with ${prefix}`;
}
