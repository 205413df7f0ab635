// What a schema finds wrong with a plan, as faults that name what was expected, what came, and the next move. Pure.
import type { z } from 'zod';
import { knownFieldsAt } from './known-fields.ts';
import { nearestNames } from './nearest-names.ts';

type Path = readonly PropertyKey[];

export interface FormFault {
  readonly path: Path;
  readonly message: string;
}

/** `redact` is asked for everything that came from the plan. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  plan: unknown,
  redact: (text: string) => string,
): FormFault[] {
  const { path } = issue;
  const show = (value: unknown) => shown(value, redact);
  const one = (message: string): FormFault[] => [{ path, message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `expected no such field here; ${nextForKey(key, plan, path)}`,
      }));
    case 'invalid_type':
      return one(`expected ${typeWords(issue.expected, plan, path)}, got ${show(issue.input)}`);
    case 'invalid_value':
      return one(
        `expected ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}, got ${show(issue.input)}${meant(issue.input, issue.values)}`,
      );
    case 'too_small':
    case 'too_big': {
      const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      return one(`expected ${bound}, got ${show(issue.input)}`);
    }
    case 'invalid_format':
      return one(
        `expected ${issue.message.replace(/^Invalid string: /, 'a text that ')}, got ${show(issue.input)}`,
      );
    case 'invalid_union':
      return describeUnion(issue, plan, redact);
    case 'invalid_key':
      return one(`expected a key of ${issue.issues[0]?.message ?? 'the documented form'}`);
    default:
      return one(`expected ${issue.message}, got ${show(issue.input)}`);
  }
}

function describeUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  plan: unknown,
  redact: (text: string) => string,
): FormFault[] {
  const { path, input } = issue;
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : null;
  if (options) {
    const came = isRecord(input) ? input[String(path.at(-1))] : input;
    return [
      {
        path,
        message: `expected one of ${options.join(', ')}, got ${shown(came, redact)}${meant(came, options)}`,
      },
    ];
  }
  const forms = knownFieldsAt(plan, path)?.exactlyOne ?? null;
  if (!forms) return [{ path, message: `expected one of the documented forms, got ${shown(input, redact)}` }];
  const given = isRecord(input) ? Object.keys(input) : [];
  const at = given.length > 0 ? forms.findIndex((form) => given.every((name) => form.includes(name))) : -1;
  const own = issue.errors[at];
  // The one form that is meant says what is wrong with it.
  if (own && own.length > 0)
    return own.flatMap((each) => describeIssue({ ...each, path: [...path, ...each.path] }, plan, redact));
  return [
    {
      path,
      message: `expected exactly one of ${forms.map((form) => form.join(' and ')).join(', ')}, got ${shown(input, redact)}${given.length === 1 ? meant(given[0], forms.flat()) : ''}`,
    },
  ];
}

function nextForKey(key: string, plan: unknown, path: Path): string {
  const known = knownFieldsAt(plan, path)?.all ?? [];
  if (known.length === 0) return 'remove it';
  const [near] = nearestNames(key, known, 1);
  return `${near === undefined ? 'remove it;' : `did you mean ${near}?`} known here: ${known.join(', ')}`;
}

/** An object by its fields: whoever left it out does not know them. */
function typeWords(expected: string, plan: unknown, path: Path): string {
  const fields = expected === 'object' ? knownFieldsAt(plan, path) : null;
  if (!fields) return expected;
  const { all, required } = fields;
  const more = all.filter((name) => !required.includes(name));
  if (required.length === 0) return `an object with any of ${all.join(', ')}`;
  return `an object with ${required.join(', ')}${more.length > 0 ? ` (and, where wanted, ${more.join(', ')})` : ''}`;
}

function meant(came: unknown, known: readonly unknown[]): string {
  const [near] = typeof came === 'string' ? nearestNames(came, known.map(String), 1) : [];
  return near === undefined ? '' : `; did you mean ${near}?`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown, redact: (text: string) => string): string {
  if (value === undefined) return 'nothing';
  const text = redact(JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
