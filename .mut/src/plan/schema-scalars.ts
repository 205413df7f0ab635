// The small types that plans are made of.
import { z } from 'zod';

export const identifier = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'letters, digits, ".", "_" and "-" (at most 64), beginning with a letter or digit',
  );

// No control character in a path: it would show nowhere, and a terminal that a command is pasted into obeys it.
export const absolutePath = z
  .string()
  .regex(
    /^\/(?!\/)\P{Cc}*[^/\p{Cc}]$/u,
    'an absolute path without a trailing slash and without control characters',
  )
  .refine((path) => !path.split('/').includes('..'), 'a path without ".."');

export const relativePath = z
  .string()
  .regex(/^(?!\/)[^\p{Cc}\\]+$/u, 'a relative path with forward slashes and without control characters')
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'a path without ".", ".." or empty parts',
  );

/** Short name, as git-check-ref-format(1) takes it, and no option of git's. */
export const branchName = z
  .string()
  .regex(
    /^(?![-/.])(?!.*(?:\.\.|\/\/|\.lock$|\/$|\.$))[A-Za-z0-9._/-]+$/,
    'the short name of a branch, such as main',
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
