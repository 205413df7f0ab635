import { z } from 'zod';

/** Any JSON value, parsed at the border where it comes in. */
export const JsonValue = z.json();
export type JsonValue = z.infer<typeof JsonValue>;
