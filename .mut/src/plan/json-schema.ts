// The plan's JSON Schema, so that editors complete and validate plan files.
import { z } from 'zod';
import { planSchema } from './schema.ts';

/** JSON Schema (draft 2020-12) of a plan file as people write it: fields with a default may be left out. */
export function planJsonSchema(): object {
  return { ...z.toJSONSchema(planSchema, { io: 'input', unrepresentable: 'any' }), title: 'Interlock plan' };
}
