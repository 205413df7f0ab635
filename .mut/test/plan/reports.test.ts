import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { placesOfSecrets } from '../../src/plan/find-secrets.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { reportsSchema } from '../../src/plan/schema-reports.ts';

const text = readFileSync('examples/plans/o8b-retry.yaml', 'utf8');

const accepts = (publisher: object) =>
  reportsSchema.safeParse({ publisher, path: 'a/b', idPrefix: 'A' }).success;

describe('where reports go', () => {
  it.each([
    { kind: 'directory', directory: '/srv/kb' },
    { kind: 'git', repository: '/srv/kb.git', branch: 'main' },
    { kind: 'git', repository: 'ssh://git@kb.example:2222/team/kb.git', branch: 'reports/o8b' },
    { kind: 'git', repository: 'git@kb.example:team/kb.git', branch: 'main' },
    { kind: 'http', url: 'https://kb.example/api/docs', token: 'KB_TOKEN' },
    { kind: 'http', url: 'http://127.0.0.1:8080/kb', token: 'KB_TOKEN' },
    { kind: 'http', url: 'http://[::1]:8080/kb', token: 'KB_TOKEN' },
  ])('may be %o', (publisher) => {
    expect(accepts(publisher)).toBe(true);
  });

  it.each([
    ['an older form', { directory: '/srv/kb' }],
    ['a relative directory', { kind: 'directory', directory: 'kb' }],
    ['git over https', { kind: 'git', repository: 'https://kb.example/kb.git', branch: 'main' }],
    ['a program', { kind: 'git', repository: 'ext::sh -c id', branch: 'main' }],
    ['an option for a repository', { kind: 'git', repository: '--upload-pack=id', branch: 'main' }],
    ['an option for a host', { kind: 'git', repository: 'ssh://-oProxyCommand=id/x', branch: 'main' }],
    ['an option for a path', { kind: 'git', repository: 'git@kb.example:-x', branch: 'main' }],
    ['a password', { kind: 'git', repository: 'ssh://git:word@kb.example/kb.git', branch: 'main' }],
    ['a token over plain http', { kind: 'http', url: 'http://kb.example/kb', token: 'T' }],
    ['credentials in a URL', { kind: 'http', url: 'https://u:word@kb.example/kb', token: 'T' }],
    ['a query', { kind: 'http', url: 'https://kb.example/kb?token=x', token: 'T' }],
    ['a scheme of its own', { kind: 'http', url: 'file:///srv/kb', token: 'T' }],
    ['no token', { kind: 'http', url: 'https://kb.example/kb' }],
  ])('is not %s', (_, publisher) => {
    expect(accepts(publisher)).toBe(false);
  });

  it.each(['-x', 'a..b', 'a.lock', '/a', 'a//b', 'a/', 'a b', '.a', 'a.'])('is no branch %s', (branch) => {
    expect(accepts({ kind: 'git', repository: '/srv/kb.git', branch })).toBe(false);
  });
});

describe('a credential in a plan', () => {
  const edited = (path: (string | number)[], value: string) => {
    const document = parseDocument(text);
    document.setIn(path, value);
    return document.toString({ lineWidth: 0 });
  };
  const faultsOf = (plan: string) => {
    const parsed = parsePlan('plan.yaml', plan);
    return parsed.ok ? [] : parsed.faults;
  };

  it.each([
    [['commit', 'message'], 'with password=hunter2-of-ours', 'hunter2'],
    [['gaps', 1, 'scope'], 'AKIAIOSFODNN7QWERTYU', 'AKIAIOSF'],
    [['probes', 2, 'pattern'], 'https://svc:hunter2-of-ours@(db.example)', 'hunter2'],
    [['next', 'later'], `ghp_${'a1B2'.repeat(9)}`, 'ghp_a1'],
  ] as const)('at %o is a fault that names the place and not the value', (path, value, part) => {
    const faults = faultsOf(edited([...path], value));
    expect(faults).toMatchObject([{ path: path.join('/'), line: expect.any(Number) }]);
    expect(faults[0]?.line).toBeGreaterThan(1);
    expect(JSON.stringify(faults)).not.toContain(part);
  });

  it('in the name of a ratified file is one too', () => {
    const document = parseDocument(text);
    document.setIn(['changeSet', 'files', 'docs/AKIAIOSFODNN7QWERTYU.md'], 'a'.repeat(64));
    document.setIn(['changeSet', 'added'], 3);
    const faults = faultsOf(document.toString({ lineWidth: 0 }));
    expect(faults.map(({ path }) => path)).toEqual(['changeSet/files/docs/[redacted:aws].md']);
  });

  it('is not repeated by a fault of form', () => {
    const faults = faultsOf(edited(['reports', 'publisher', 'directory'], 'x password=hunter2-of-ours'));
    expect(faults.length).toBeGreaterThan(0);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('is not repeated by a fault of reference', () => {
    const faults = faultsOf(edited(['probes', 2, 'pattern'], 'https://svc:hunter2-of-ours@db.example'));
    expect(faults.map(({ message }) => message)).toContainEqual(expect.stringContaining('with one group'));
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('is found by what a configuration holds, whatever it looks like; names of secrets are none', () => {
    const redact = (each: string) => each.replaceAll('quiet word', '[redacted:loaded]');
    const plan = { a: [{ b: 'a quiet word here' }], databases: { p: { secret: 'IU_CUTTER_DSN' } }, n: 1 };
    expect(placesOfSecrets(plan, redact)).toEqual([['a', 0, 'b']]);
  });
});
