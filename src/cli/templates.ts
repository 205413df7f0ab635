// Plans to begin with: commented files that are clean as they are.
import { readdir, readFile } from 'node:fs/promises';
import { formatFault, PlanError } from '../plan/faults.ts';
import { parsePlan } from '../plan/parse.ts';

const directory = new URL('../plan/templates/', import.meta.url);

/** Names of all templates, in order. */
export async function templateNames(): Promise<string[]> {
  const files = await readdir(directory);
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** The template's text, with the plan's own name in it. Throws PlanError `not-found`, or `invalid` for a name that is none. */
export async function fillTemplate(template: string, name?: string): Promise<string> {
  const known = await templateNames();
  if (!known.includes(template))
    throw new PlanError(
      'not-found',
      `expected one of the templates ${known.join(', ')}, got ${JSON.stringify(template)}`,
    );
  const text = await readFile(new URL(`${template}.yaml`, directory), 'utf8');
  const own = /^name: (\S+)$/m.exec(text)?.[1];
  // In capitals it is the prefix of its reports.
  const filled =
    name === undefined || own === undefined
      ? text
      : text.replaceAll(own, name).replaceAll(own.toUpperCase(), name.toUpperCase());
  const parsed = parsePlan(`(template ${template})`, filled);
  if (!parsed.ok) throw new PlanError('invalid', parsed.faults.map(formatFault).join('\n'), parsed.faults);
  return filled;
}
