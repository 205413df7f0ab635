import { z } from 'zod';

/** What JSON can carry (RFC 8259), as zod parses it. */
export const jsonValue = z.json();

/** A JSON value: null, boolean, finite number, string, array or object of the same. */
export type JsonValue = z.infer<typeof jsonValue>;
