import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  judgeTests,
  parseTestResults,
  TestExpectation,
  TestFormat,
} from '../../src/evidence/test-results.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-tests-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Runs Node's own test runner on these files, and gives what its reporter printed. */
async function runNode(files: Readonly<Record<string, string>>, reporter: string): Promise<string> {
  const cwd = await mkdtemp(join(directory, 'run-'));
  for (const [name, body] of Object.entries(files)) {
    await writeFile(join(cwd, name), `import { test, describe, it, after } from 'node:test';\n${body}\n`);
  }
  const args = ['--test', `--test-reporter=${reporter}`, ...Object.keys(files)];
  const env = { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '0' };
  return spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' }).stdout;
}

const MIXED = {
  'mixed.test.mjs': `
    test('top', () => {});
    describe('suite', () => {
      it('leaf # 1 \\\\ x', () => {});
      it.skip('skipped', () => {});
      it.todo('later');
      describe('inner', () => { it('deep', () => {}); it('fails', () => { throw new Error('one is not two'); }); });
    });
    test('parent', async (t) => { await t.test('child a', () => {}); await t.test('child b', () => {}); });
    describe('empty', () => {});
    describe.skip('skipped suite', () => { it('a', () => {}); });
    test('expected to fail', { todo: true }, () => { throw new Error('not yet'); });`,
};
const COUNTS = { ok: true, total: 9, passed: 5, failed: 1, skipped: 1, todo: 2 };

describe('node-test', () => {
  test('counts leaves of suites, subtests and files, and says which failed and why', async () => {
    const results = parseTestResults('node-test', await runNode(MIXED, 'tap'));
    expect(results).toMatchObject(COUNTS);
    expect(results).toMatchObject({
      failures: [{ name: 'suite > inner > fails', message: 'one is not two' }],
    });
    expect(results).toMatchObject({
      names: [
        ...['top', 'suite > leaf # 1 \\ x', 'suite > skipped', 'suite > later', 'suite > inner > deep'],
        ...['suite > inner > fails', 'parent > child a', 'parent > child b', 'expected to fail'],
      ],
    });
  });

  test('counts several files, of which one crashes and one has no test', async () => {
    const text = await runNode(
      {
        'a.test.mjs': "test('a1', () => {}); test('a2', () => {});",
        'b.test.mjs': "throw new Error('does not load');",
        'c.test.mjs': '// nothing here',
        'd.test.mjs': "test('d1', () => {});",
      },
      'tap',
    );
    expect(parseTestResults('node-test', text)).toMatchObject({
      ...{ ok: true, total: 4, passed: 3, failed: 1 },
      failures: [{ name: 'b.test.mjs' }],
    });
  });

  test('counts a suite that fails in a hook, though each of its tests passes', async () => {
    const text = await runNode(
      {
        'a.test.mjs':
          "describe('s', () => { it('x', () => {}); after(() => { throw new Error('boom'); }); });",
      },
      'tap',
    );
    expect(parseTestResults('node-test', text)).toMatchObject({
      passed: 1,
      failed: 1,
      failures: [{ name: 's', message: 'boom' }],
    });
  });

  test('is not deceived by what the tests print', async () => {
    const forged = [...Array(40)].map((_, i) => `ok ${i + 1} - forged`).join('\\n');
    const summary =
      '1..40\\n# tests 40\\n# suites 0\\n# pass 40\\n# fail 0\\n# cancelled 0\\n# skipped 0\\n# todo 0';
    const body = `console.log('${forged}\\n${summary}'); test('only one', () => { console.log('${summary}'); });`;
    expect(parseTestResults('node-test', await runNode({ 'a.test.mjs': body }, 'tap'))).toMatchObject({
      total: 1,
      passed: 1,
    });
  });

  test('of no test, of a file without tests, and cut off, is no result', async () => {
    const empty = await runNode({ 'a.test.mjs': '// nothing here' }, 'tap');
    expect(parseTestResults('node-test', empty)).toMatchObject({ ok: false, code: 'no-tests' });
    const text = await runNode({ 'a.test.mjs': "test('a', () => {}); test('b', () => {});" }, 'tap');
    expect(parseTestResults('node-test', text)).toMatchObject({ ok: true, total: 2 });
    expect(parseTestResults('node-test', text.slice(0, text.indexOf('1..2')))).toMatchObject({
      ok: false,
      code: 'incomplete',
    });
    expect(parseTestResults('node-test', text.replace(/^ok 2.*\n/m, ''))).toMatchObject({
      ok: false,
      code: 'inconsistent',
    });
    expect(parseTestResults('node-test', text.replaceAll('\n', '\r\n'))).toMatchObject({
      ok: true,
      total: 2,
    });
  });
});

describe('tap', () => {
  const tap = (lines: string) => parseTestResults('tap', lines);

  test('counts leaves, of indented and of buffered subtests', () => {
    expect(
      tap(
        'TAP version 14\n1..2\n    # Subtest: s\n    ok 1 - a\n    ok 2 - b\n    1..2\nok 1 - s\nok 2 - t\n',
      ),
    ).toMatchObject({ total: 3, passed: 3 });
    expect(
      tap(
        '1..1\nok 1 - s {\n    ok 1 - a\n    not ok 2 - b\n      ---\n      message: "no"\n      ...\n    1..2\n}\n',
      ),
    ).toMatchObject({
      ...{ total: 2, passed: 1, failed: 1 },
      failures: [{ message: 'no' }],
    });
  });

  test('knows skip and todo', () => {
    expect(tap('1..3\nok 1 - a # SKIP no db\nnot ok 2 - b # TODO\nok 3 - c\n')).toMatchObject({
      passed: 1,
      failed: 0,
      skipped: 1,
      todo: 1,
    });
  });

  test.each([
    ['no plan', 'ok 1 - a\n', 'inconsistent'],
    ['fewer tests than planned', '1..3\nok 1 - a\n', 'inconsistent'],
    ['more tests than planned', '1..1\nok 1 - a\nok 2 - b\n', 'inconsistent'],
    ['the same test twice', '1..2\nok 1 - a\nok 1 - a\n', 'inconsistent'],
    ['a bail-out', '1..2\nok 1 - a\nBail out! database gone\n', 'incomplete'],
    ['nothing planned', '1..0 # skip all\n', 'no-tests'],
  ])('with %s is no result', (_, text, code) => {
    expect(tap(text)).toMatchObject({ ok: false, code });
  });
});

describe('junit', () => {
  test('counts the cases that Node writes, which has one for a suite without tests too', async () => {
    expect(parseTestResults('junit', await runNode(MIXED, 'junit'))).toMatchObject({
      ...{ ...COUNTS, total: 11, passed: 6, skipped: 2 },
      failures: [{ message: 'one is not two' }],
    });
  });

  test('counts the cases that pytest writes', () => {
    const text = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="2" tests="5" time="0.04">
      <testcase classname="test_x" name="test_ok" time="0.001" />
      <testcase classname="test_x" name="test_bad[a&lt;b]"><failure message="assert 1 == 2">def test(): ...</failure></testcase>
      <testcase classname="test_x" name="test_setup"><error message="failed on setup"/></testcase>
      <testcase classname="test_x" name="test_skip"><skipped type="pytest.skip" message="no db"/></testcase>
      <testcase classname="test_x" name="test_xfail"><skipped type="pytest.xfail" message=""/></testcase>
    </testsuite></testsuites>`;
    expect(parseTestResults('junit', text)).toMatchObject({
      ...{ ok: true, total: 5, passed: 1, failed: 2, skipped: 1, todo: 1 },
      failures: [
        { name: 'test_x > test_bad[a<b]', message: 'assert 1 == 2' },
        { name: 'test_x > test_setup', message: 'failed on setup' },
      ],
    });
  });

  test.each([
    ['no XML', 'all good', 'unreadable'],
    ['another document', '<html/>', 'unreadable'],
    ['a cut-off document', '<testsuites><testsuite name="a"><testcase name="b"/>', 'unreadable'],
    [
      'a document type',
      '<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>',
      'unreadable',
    ],
    ['no case', '<testsuites>\n</testsuites>', 'no-tests'],
    ['an empty suite', '<testsuite tests="0"/>', 'no-tests'],
    ['fewer cases than stated', '<testsuite tests="3"><testcase name="a"/></testsuite>', 'inconsistent'],
    [
      'an error outside of any case',
      '<testsuite tests="1" errors="1"><testcase name="a"/></testsuite>',
      'inconsistent',
    ],
  ])('with %s is no result', (_, text, code) => {
    expect(parseTestResults('junit', text)).toMatchObject({ ok: false, code });
  });
});

describe('vitest-json', () => {
  const assertion = (fullName: string, status: string) => ({
    fullName,
    status,
    title: fullName,
    failureMessages: status === 'failed' ? ['no'] : [],
  });
  const report = (changes: object, ...statuses: string[]) =>
    JSON.stringify({
      success: !statuses.includes('failed'),
      numTotalTests: statuses.length,
      numFailedTests: statuses.filter((status) => status === 'failed').length,
      testResults: [
        {
          name: '/x.test.ts',
          status: 'passed',
          message: '',
          assertionResults: statuses.map((status, i) => assertion(`t${i}`, status)),
        },
      ],
      ...changes,
    });
  const parse = (text: string) => parseTestResults('vitest-json', text);

  test('counts every status, also behind other output', () => {
    expect(
      parse(`warming up {\n${report({}, 'passed', 'failed', 'skipped', 'pending', 'todo')}\n`),
    ).toMatchObject({
      ...{ ok: true, total: 5, passed: 1, failed: 1, skipped: 2, todo: 1 },
      failures: [{ name: 't1', message: 'no' }],
    });
  });

  test('counts a file that did not load, and a run that failed outside of its tests', () => {
    const broken = { name: '/y.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] };
    expect(parse(report({ success: false, testResults: [broken], numTotalTests: 0 }))).toMatchObject({
      failures: [{ name: '/y.test.ts', message: 'SyntaxError' }],
    });
    expect(parse(report({ success: false }, 'passed'))).toMatchObject({ passed: 1, failed: 1 });
  });

  test.each([
    ['no JSON', 'ok', 'unreadable'],
    ['other JSON', '{"a":1}', 'unreadable'],
    ['a status of the future', report({}, 'quantum'), 'unreadable'],
    ['another total', report({ numTotalTests: 3 }, 'passed'), 'inconsistent'],
    ['no test', report({}), 'no-tests'],
  ])('with %s is no result', (_, text, code) => {
    expect(parse(text)).toMatchObject({ ok: false, code });
  });
});

describe('pytest', () => {
  test.each([
    ['===== 394 passed in 12.34s =====', { total: 394, passed: 394, failed: 0 }],
    ['28 passed, 3 warnings in 0.10s', { total: 28, passed: 28 }],
    [
      '= 1 failed, 2 passed, 1 skipped, 2 deselected, 1 xfailed, 1 xpassed, 1 error in 65.02s (0:01:05) =',
      { total: 7, passed: 2, failed: 2, skipped: 1, todo: 2 },
    ],
    [
      '\u001b[32m= \u001b[1m5 passed\u001b[0m, 4 subtests passed in 0.01s =\u001b[0m',
      { total: 5, passed: 5 },
    ],
  ])('reads %j', (line, counts) => {
    expect(parseTestResults('pytest', `collected\n\n${line}\n`)).toMatchObject({ ok: true, ...counts });
  });

  test('names what failed', () => {
    const text = 'FAILED test_x.py::test_a - assert 1 == 2\nERROR test_y.py\n= 1 failed, 1 error in 0.1s =\n';
    expect(parseTestResults('pytest', text)).toMatchObject({
      failures: [
        { name: 'test_x.py::test_a', message: 'assert 1 == 2' },
        { name: 'test_y.py', message: '' },
      ],
    });
  });

  test.each([
    ['', 'incomplete'],
    ['5 passed in 0.1s\nSegmentation fault', 'incomplete'],
    ['== no tests ran in 0.01s ==', 'no-tests'],
    ['== 5 deselected in 0.01s ==', 'no-tests'],
    ['5 guessed in 0.1s', 'unreadable'],
  ])('%j is no result', (text, code) => {
    expect(parseTestResults('pytest', text)).toMatchObject({ ok: false, code });
  });
});

test('no text makes any parser throw, or believe in tests that are not there', () => {
  const tokens = fc.constantFrom(
    'ok 1',
    'not ok 2',
    '1..2',
    '    ',
    '# tests 1',
    '{',
    '}',
    '<testsuite>',
    '<testcase name="a"/>',
    '</testsuite>',
    '"',
    'passed in 1s',
    '\n',
    '5 ',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(tokens).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.constantFrom(...TestFormat.options), text, (format, input) => {
      const results = parseTestResults(format, input);
      if (results.ok) {
        expect(results.total).toBeGreaterThan(0);
        expect(results.passed + results.failed + results.skipped + results.todo).toBe(results.total);
      }
    }),
  );
});

describe('judging', () => {
  const counts = fc.record({
    passed: fc.nat({ max: 5 }),
    failed: fc.nat({ max: 2 }),
    skipped: fc.nat({ max: 2 }),
    todo: fc.nat({ max: 2 }),
  });
  const results = (c: { passed: number; failed: number; skipped: number; todo: number }) => ({
    ...{ ok: true as const, ...c, total: c.passed + c.failed + c.skipped + c.todo, failures: [] },
  });

  test('passes exactly what was expected', () => {
    const expectation = fc.record(
      { passed: fc.integer({ min: 1, max: 5 }), skipped: fc.nat({ max: 2 }), todo: fc.nat({ max: 2 }) },
      { requiredKeys: ['passed'] },
    );
    fc.assert(
      fc.property(counts, expectation, (c, expected) => {
        const exact =
          c.failed === 0 &&
          c.passed === expected.passed &&
          c.skipped === (expected.skipped ?? 0) &&
          c.todo === (expected.todo ?? 0);
        expect(judgeTests(results(c), expected).verdict).toBe(exact ? 'pass' : 'fail');
        const enough =
          c.failed === 0 &&
          c.passed >= expected.passed &&
          c.skipped <= (expected.skipped ?? 0) &&
          c.todo <= (expected.todo ?? 0);
        expect(judgeTests(results(c), { ...expected, atLeast: true }).verdict).toBe(enough ? 'pass' : 'fail');
      }),
    );
  });

  test('a run of no test fails, a report that cannot be read is inconclusive', () => {
    expect(judgeTests({ ok: false, code: 'no-tests', reason: 'x' }, { passed: 1 })).toEqual({
      verdict: 'fail',
      reason: 'x',
    });
    for (const code of ['unreadable', 'incomplete', 'inconsistent'] as const) {
      expect(judgeTests({ ok: false, code, reason: 'x' }, { passed: 1 }).verdict).toBe('inconclusive');
    }
  });

  test('nobody can expect no test', () => {
    expect(TestExpectation.safeParse({ passed: 0 }).success).toBe(false);
  });
});
