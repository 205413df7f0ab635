import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ReportDocument, renderDocuments } from '../../src/report/documents.ts';
import { documentDigest, withRevision } from '../../src/report/front-matter.ts';
import { judgeForbiddenActions } from '../../src/report/judge-claim.ts';
import type { RunState } from '../../src/run/state.ts';
import { factsWith, referenceFacts } from '../fixtures/reference-facts.ts';
import { bob, type Scenario, stateAtSigning } from '../fixtures/run-events.ts';

const reason = { code: 'wrong-machine', text: 'This worker runs on contabo; the plan needs mac-ssot' };
const failed = {
  status: 'fail',
  reason: { code: 'suite-full', text: 'full suite: expected 394 passed, got 393' },
} as const;

const stops: [name: string, scenario: Scenario, says: string][] = [
  [
    'blocked at the start',
    { results: { precheck: { status: 'blocked', reason, checks: [], facts: {} } } },
    'the plan needs mac-ssot',
  ],
  ['failed in the tests', { results: { test: failed } }, 'expected 394 passed, got 393'],
  ['failed after promote', { results: { prove: failed } }, 'holds the earlier tree again'],
  ['rejected', { votes: [{ ...bob, vote: 'reject' }] }, 'Bob rejected it'],
  ['expired', { votes: [] }, 'a timeout is not a consent'],
  ['aborted', { abortAfter: 'reconcile' }, 'aborted the run: wrong day'],
  [
    'inconclusive at promote',
    {
      results: {
        promote: { status: 'inconclusive', reason, facts: {}, mutations: [] },
        'observe-live': { status: 'inconclusive', reason, facts: {}, mutations: [] },
      },
    },
    'look at it before anything else',
  ],
];

function finalOf(run: RunState): ReportDocument {
  const final = renderDocuments(run).at(-1);
  if (!final) throw new RangeError('expected a final document');
  return final;
}

function section(markdown: string, number: number): string {
  return markdown.split(/^## \d\. /m)[number] ?? '';
}

describe('the package of a run that passed', () => {
  const documents = renderDocuments(stateAtSigning());

  it('has one document a gate label and the final one', () => {
    expect(documents.map(({ name }) => name)).toEqual([
      '01-precheck.md',
      '02-survey.md',
      '03-reconcile.md',
      '04-test.md',
      '05-artifact.md',
      '06-stage-promote.md',
      '07-prove.md',
      '08-rollback-readiness.md',
      '09-final.md',
    ]);
  });

  it('has a final document of nine sections', () => {
    const titles = [...finalOf(stateAtSigning()).markdown.matchAll(/^## (\d)\. (.+)$/gm)].map(
      ([, number, title]) => `${number} ${title}`,
    );
    expect(titles).toEqual([
      '1 Summary',
      '2 Gate roll-up',
      '3 What was delivered',
      '4 Pass criteria',
      '5 Disclosed gaps',
      '6 Non-mutation attestation',
      '7 Forbidden-action attestation',
      '8 Next',
      '9 Stop',
    ]);
  });

  it('begins each document with front matter that YAML reads', () => {
    for (const { id, title, markdown } of documents) {
      const front: unknown = parse(markdown.split('---\n')[1] ?? '');
      expect(front).toMatchObject({
        id,
        title,
        revision: 0,
        run: 'r1',
        date: '2026-05-21',
        tags: expect.arrayContaining(['iu-cutter']),
        readingTime: expect.stringMatching(/^\d+ min$/),
      });
    }
  });

  it('names no backup that was put back', () => {
    const reason = { code: 'x', text: 'y' };
    const { markdown } = finalOf(stateAtSigning({ results: { prove: { status: 'fail', reason } } }));
    const { backupPath } = referenceFacts.promote;
    expect(markdown).toContain(`none any more: ${backupPath} was put back`);
    expect(markdown).not.toMatch(new RegExp(`^backup: +${backupPath}`, 'm'));
  });

  it('names who approved, what is live, what is open and whom it is routed to', () => {
    const { markdown } = finalOf(stateAtSigning());
    for (const part of [
      'Alice',
      'SG_2',
      referenceFacts.artifact.commit,
      referenceFacts.promote.backupPath,
      'F-1',
      'routed to the reviewers',
      'Ratify the milestone',
      '**Result: PASS**',
    ]) {
      expect(markdown).toContain(part);
    }
  });

  it('renders the same bytes for the same run, and digests them without their revision', () => {
    expect(renderDocuments(stateAtSigning())).toEqual(documents);
    for (const { markdown, digest } of documents)
      expect(documentDigest(withRevision(markdown, 7))).toBe(digest);
  });
});

describe.each(stops)('the package of a run that was %s', (_name, scenario, says) => {
  const run = stateAtSigning(scenario);
  const documents = renderDocuments(run);
  const final = finalOf(run).markdown;

  it('never says PASS, and says what happened', () => {
    for (const { markdown } of documents) expect(markdown).not.toMatch(/\bPASS\b/);
    expect(final).toContain(says);
    expect(section(final, 9)).not.toContain('verdict:        PASS');
  });

  it('has a document for each gate label, under names that no stop moves; one that did not run says why and what to do then', () => {
    const names = documents.map(({ name }) => name).filter((name) => name !== '08b-rollback.md');
    expect(names).toEqual(renderDocuments(stateAtSigning()).map(({ name }) => name));
    const ran = (kind: string) => run.gates.some(({ gate, result }) => gate.kind === kind && result !== null);
    expect(documents.some(({ name }) => name === '08b-rollback.md')).toBe(ran('rollback'));
    for (const [name, kinds] of [
      ['04-test.md', ['test']],
      ['06-stage-promote.md', ['stage', 'promote']],
      ['07-prove.md', ['prove']],
    ] as const) {
      const text = documents.find((each) => each.name === name)?.markdown ?? '';
      const isLeftOut = !kinds.some(ran);
      expect(text.includes('### What to do then')).toBe(isLeftOut);
      if (isLeftOut) expect(text).toContain('— not-run');
      if (isLeftOut) expect(text).toMatch(/mend the reason of the stop: [\s\S]+`\/(deploy|rollback) /);
    }
  });

  it('gives every gate that did not run its reason', () => {
    const rows = section(final, 2)
      .split('\n')
      .filter((line) => line.includes('| not-run |'));
    expect(rows.length).toBe(run.gates.filter(({ status }) => status === 'not-run').length);
    for (const row of rows) expect(row.split('|')[3]?.trim()).not.toBe('');
  });

  it('says what follows', () => {
    expect(section(final, 8)).toContain('First mend the reason of this stop');
    expect(section(final, 8)).toContain(
      _name === 'inconclusive at promote' ? '/rollback r1' : '/deploy o8b-retry',
    );
  });
});

describe('where a run stopped', () => {
  const first = (scenario: Scenario) => section(finalOf(stateAtSigning(scenario)).markdown, 1);

  it('is before the gate that a rejection kept from running, however that gate is called', () => {
    const said = first({ votes: [{ ...bob, vote: 'reject' }] });
    expect(said).toMatch(/It stopped before G5 .+, which did not run\. Bob rejected it/);
    expect(said).toContain('The approval was rejected.');
    expect(said).not.toContain('(not-run)');
  });

  it('is said of a criterion as one that did not hold, or could not be decided', () => {
    const criterion = { id: 'baseline', title: 'the repository is at the baseline', evidence: [] };
    const stopped = (status: 'blocked' | 'inconclusive') => ({
      status,
      reason: { code: 'baseline', text: `${criterion.title}: expected A, got B` },
      checks: [{ ...criterion, status, expected: 'A', actual: 'B' }],
      facts: {},
    });
    expect(first({ results: { precheck: stopped('blocked') } })).toContain(
      '(blocked). This did not hold: the repository is at the baseline: expected A, got B.',
    );
    expect(first({ results: { precheck: stopped('inconclusive') } })).toContain(
      '(inconclusive). This could not be decided: the repository is at the baseline: expected A, got B.',
    );
    expect(first({ results: { test: failed } })).toContain('(fail). full suite: expected 394');
  });
});

describe('every claim of something not done', () => {
  it.each<[string, Scenario]>([
    ['passed', {}],
    ...stops.map(([name, scenario]): [string, Scenario] => [name, scenario]),
  ])('names its support, or says "not evidenced", in a run that %s', (_name, scenario) => {
    const run = stateAtSigning(scenario);
    const forbidden = section(finalOf(run).markdown, 7);
    for (const { id, status, restsOn, missing } of judgeForbiddenActions(run)) {
      const row = forbidden.split('\n').find((line) => line.includes(`\`${id}\``)) ?? '';
      const [, , said = '', grounds = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      expect(said).toBe(
        status === 'holds' ? 'not done' : status === 'does-not-hold' ? 'contradicted' : 'not evidenced',
      );
      expect(grounds).toContain((status === 'not-evidenced' ? missing : restsOn)[0]?.slice(0, 12));
    }
    expect(forbidden).toContain('not evidenced');
  });
});

describe('a run of another operation', () => {
  it('verifies without claiming a delivery', () => {
    const run = stateAtSigning({ operation: 'verify', subjectFacts: { artifact: factsWith('artifact') } });
    expect(renderDocuments(run).map(({ name }) => name)).toEqual([
      'verify-01-verify.md',
      'verify-02-final.md',
    ]);
    expect(section(finalOf(run).markdown, 3)).toContain('Nothing: this run only looked at');
  });

  it('rolls back and says what is live now', () => {
    const run = stateAtSigning({
      operation: 'rollback',
      subjectFacts: { artifact: factsWith('artifact'), promote: factsWith('promote') },
    });
    expect(renderDocuments(run).map(({ name }) => name)).toEqual([
      'rollback-01-rollback-readiness.md',
      'rollback-02-rollback.md',
      'rollback-03-final.md',
    ]);
    expect(section(finalOf(run).markdown, 1)).toContain('holds the earlier tree again');
  });
});

describe('a package of hostile facts', () => {
  it('keeps its tables whole', () => {
    const title = 'a | b\n| --- |\n```\n<script>alert(1)</script> [x](javascript:y)';
    const probe = { id: 'row-counts', title, before: '1|2', after: '1\n2', status: 'pass', reason: null };
    const final = finalOf(
      stateAtSigning({ results: { prove: { facts: factsWith('prove', { probes: [probe] }) } } }),
    ).markdown;
    const rows = section(final, 6)
      .split('\n')
      .filter((line) => line.startsWith('| a '));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.split(/(?<!\\)\|/)).toHaveLength(6);
    expect(final).not.toContain('<script>');
    expect(final).not.toContain('[x](');
  });
});
