// The small types that plans are made of.
import { z } from 'zod';

export const identifier = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'letters, digits, ".", "_" and "-" (at most 64), beginning with a letter or digit',
  );

export const absolutePath = z
  .string()
  .regex(/^\/(?!\/)[^\0\n]*[^/\0\n]$/, 'an absolute path without a trailing slash')
  .refine((path) => !path.split('/').includes('..'), 'a path without ".."');

export const relativePath = z
  .string()
  .regex(/^(?!\/)[^\0\n\\]+$/, 'a relative path with forward slashes')
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'a path without ".", ".." or empty parts',
  );

export const hexSha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits');
export const commitId = z.string().regex(/^[0-9a-f]{40}$/, 'a full commit id, 40 lower-case hex digits');
export const argv = z.array(z.string().min(1)).min(1);

/** `sha256:` and 64 hex digits. */
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, '"sha256:" and 64 lower-case hex digits');
export type Digest = z.infer<typeof digest>;

/** RFC 3339 in UTC with milliseconds. */
export const timestamp = z.iso.datetime({ precision: 3 });

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export const json: z.ZodType<Json> = z.json();
