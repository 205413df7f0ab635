// From the text of a plan file to a plan, or to all of its faults. Pure.
import { type Alias, type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { createRedactor } from '../evidence/redact.ts';
import { checkReferences } from './check-references.ts';
import { describeIssue } from './describe-issue.ts';
import type { PlanFault } from './faults.ts';
import { placesOfSecrets } from './find-secrets.ts';
import { type Plan, planSchema } from './schema.ts';

export type ParsedPlan =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly faults: readonly PlanFault[] };

type Path = readonly PropertyKey[];

/** A fault names what it got, and goes to a terminal or a channel. */
const { redact } = createRedactor({ literals: [] });

/** Parses and checks one plan. Faults of form and of cross-references are reported together where the form allows it. */
export function parsePlan(file: string, text: string): ParsedPlan {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const unreadable = [
    ...document.errors.map(({ pos, message }) => ({
      offset: pos[0],
      message: `expected YAML 1.2, got: ${message}`,
    })),
    ...aliasesIn(document).map(({ source, range }) => ({
      offset: range?.[0] ?? 0,
      message: `expected each value where it is meant, since reviewers read what stands there, got the alias *${source}; write it out`,
    })),
  ];
  if (unreadable.length > 0) {
    const faults = unreadable.map(({ offset, message }) => ({
      file,
      line: lines.linePos(offset).line,
      path: '',
      message: redact(message),
    }));
    return { ok: false, faults };
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const lineOf = (path: Path) => lineAt(document, lines, path);
  const fault = (path: Path, message: string): PlanFault => ({
    file,
    line: lineOf(path),
    path: redact(path.map(String).join('/')),
    message: redact(message),
  });
  const parsed = planSchema.safeParse(value, { reportInput: true });
  const formFaults = parsed.success
    ? []
    : parsed.error.issues
        .flatMap((issue) => describeIssue(issue, value, redact))
        .map(({ path, message }) => fault(path, message));
  const referenceFaults = checkReferences(value).map(({ path, message }) => fault(path, message));
  const secretFaults = placesOfSecrets(value, redact).map((path) =>
    fault(
      path,
      'expected no credential in a plan, got what looks like one; take it out, change it wherever it is used, and name a secret of the configuration instead',
    ),
  );
  const faults = [...formFaults, ...referenceFaults, ...secretFaults].sort((a, b) => a.line - b.line);
  return parsed.success && faults.length === 0 ? { ok: true, plan: parsed.data } : { ok: false, faults };
}

/** Line of what stands at this path in the text of a plan, or of the nearest that encloses it. */
export function lineOfPath(text: string, path: Path): number {
  const lines = new LineCounter();
  return lineAt(parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines, path);
}

function aliasesIn(document: Document): Alias[] {
  const found: Alias[] = [];
  visit(document, { Alias: (_, alias) => void found.push(alias) });
  return found;
}

/** Line of the node at this path, or of the nearest enclosing one that exists. */
function lineAt(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = offsetAt(document, path.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 0;
}

function offsetAt(document: Document, path: Path): number | undefined {
  if (path.length === 0) return document.contents?.range?.[0];
  const parent = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  if (isSeq(parent)) {
    const item = document.getIn(path, true);
    return isScalar(item) || isMap(item) || isSeq(item) ? item.range?.[0] : undefined;
  }
  return undefined;
}
