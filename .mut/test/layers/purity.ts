// Decisions and documents do no I/O, read no clock and draw no lots: equal input gives equal output, so a test or an auditor
// can repeat them. What they load in turn must keep to that as well.
import type { Import, Module } from './modules.ts';
import { type Fault, isIn, type Rule } from './rule.ts';

const decisions = [
  'decide',
  'state',
  'verdict',
  'gates-of',
  'approval-subject',
  'approval-state',
  'decide-approval',
  'decision',
  'judge-ruling',
  'judge-vote',
  'override-freeze',
  'switch',
  'target',
  'world',
  'times',
  'events',
  'facts',
  'gate-result',
].map((name) => `src/run/${name}.ts`);

const judges = ['assertion', 'describe-proof', 'facts', 'judge-proof', 'judge-step'].map(
  (name) => `src/database-proof/${name}.ts`,
);

export function isPure(path: string): boolean {
  return (
    isIn(path, [...decisions, 'src/approval/', 'src/slack/view/']) ||
    isIn(path, [...decisions, ...judges, 'src/approval/policy.ts', 'src/slack/view/']) ||
    path.startsWith('src/gaps/') ||
    (path.startsWith('src/plan/') && path !== 'src/plan/load.ts') ||
    (path.startsWith('src/report/') && !path.includes('/publish-'))
  );
}

/** Packages that only compute, and of Node's own modules the names that do. */
const computing: Readonly<Record<string, readonly string[] | 'all'>> = {
  zod: 'all',
  // Its calendar; the clock is never asked for.
  luxon: ['DateTime', 'IANAZone'],
  yaml: 'all',
  canonicalize: 'all',
  re2js: 'all',
  'node:crypto': ['createHash'],
  'node:path': 'all',
  'node:util': 'all',
};

function isComputing({ to, names, typeOnly }: Import): boolean {
  if (typeOnly) return true;
  const allowed = computing[to];
  return allowed === 'all' || (allowed !== undefined && names.every((name) => allowed.includes(name)));
}

function impurities(modules: readonly Module[]): Fault[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  /** How each file is reached, from a pure one on. */
  const chains = new Map(modules.filter(({ path }) => isPure(path)).map(({ path }) => [path, path]));
  const faults: Fault[] = [];
  // A Map's iterator also visits what is added on the way.
  for (const [path, chain] of chains) {
    const module = byPath.get(path);
    if (!module) continue;
    for (const name of module.ambient) faults.push({ path, what: `uses ${name}; reached by ${chain}` });
    for (const found of module.imports) {
      const isOwn = found.to.startsWith('src/') || found.to.startsWith('jobs/');
      if (isOwn && !found.typeOnly && !chains.has(found.to)) chains.set(found.to, `${chain} → ${found.to}`);
      if (!isOwn && !isComputing(found)) {
        faults.push({
          path,
          what: `imports ${found.names.join(', ')} from ${found.to}; reached by ${chain}`,
        });
      }
    }
  }
  return faults;
}

export const purity: readonly Rule[] = [
  {
    name: 'decisions, plans, documents and messages do no I/O, nor does what they load',
    faults: impurities,
    exceptions: {
      'src/evidence/digest.ts':
        'holds sha256File beside the digests of values, which are all that is called from here',
    },
    broken: [
      { 'src/run/decide.ts': "import { readFile } from 'node:fs/promises';" },
      { 'src/run/verdict.ts': 'export const now = () => Date.now();' },
      { 'src/run/times.ts': 'export const now = () => new Date();' },
      { 'src/plan/parse.ts': "import pg from 'pg';" },
      { 'src/plan/schema.ts': "import { randomUUID } from 'node:crypto';" },
      { 'src/report/documents.ts': "export const f = () => fetch('http://localhost');" },
      { 'src/slack/view/root.ts': "import { App } from '@slack/bolt';" },
      { 'src/approval/policy.ts': "import { type Redis } from 'ioredis';" },
      {
        'src/database-proof/judge-proof.ts': "import { runSteps } from './run-steps.ts';",
        'src/database-proof/run-steps.ts': "import pg from 'pg';",
      },
      {
        'src/run/state.ts': "import { a } from '../evidence/a.ts';",
        'src/evidence/a.ts': "export { b as a } from '../evidence/b.ts';",
        'src/evidence/b.ts': "import { connect } from 'net'; export const b = connect;",
      },
    ],
    kept: {
      'src/run/decide.ts':
        "import type { Redis } from 'ioredis'; import { z } from 'zod'; import type { A } from './coordinator.ts';",
      'src/run/coordinator.ts': "import { readFile } from 'node:fs/promises';",
      'src/plan/load.ts': "import { readFile } from 'node:fs/promises';",
      'src/database-proof/run-steps.ts': "import pg from 'pg';",
      'src/report/publish-directory.ts': "import { open } from 'node:fs/promises';",
      'src/slack/view/root.ts': "import type { types } from '@slack/bolt'; export const at = new Date(0);",
      'src/plan/digest.ts': "import { createHash } from 'node:crypto';",
    },
  },
];
