import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, header, list, section } from '../../src/slack/view/blocks.ts';
import { code, plain, sentence } from '../../src/slack/view/escape.ts';
import { fitToLimits } from '../../src/slack/view/fit-to-limits.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { trimMrkdwn } from '../../src/slack/view/trim.ts';
import { refusalOf } from '../fixtures/slack-limits.ts';
import { examplePlan, RunTale } from '../fixtures/slack-runs.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6000 }),
  fc
    .array(
      fc.constantFrom('&', '<', '>', '`', '"', '\n', '\\', '<!channel>', '@here', ':x:', '😀', 'word '),
      { minLength: 1, maxLength: 3000 },
    )
    .map((parts) => parts.join('')),
);
const title = fc.string({ minLength: 1, maxLength: 120 });

describe('fitToLimits', () => {
  it('makes any message one that Slack takes, and keeps its marker and its buttons', () => {
    const buttons = {
      type: 'actions' as const,
      elements: [
        {
          type: 'button' as const,
          action_id: 'a',
          text: { type: 'plain_text' as const, text: 'Approve' },
          value: 'v',
        },
      ],
    };
    const block = fc.oneof(
      hostile.map((text) => section(`*x* ${plain(text)}`)),
      hostile.map((text) => header(`x ${text}`)),
      fc
        .array(fc.tuple(title, hostile), { minLength: 1, maxLength: 14 })
        .map((pairs) => fields(pairs.map(([label, value]) => [plain(label), code(value)]))),
    );
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 80 }), hostile, ([first, ...rest], text) => {
        if (!first) return;
        const marked = [{ ...first, block_id: 'il:r:root' }, ...rest, buttons];
        const fitted = fitToLimits({ text: plain(text), blocks: marked });
        expect(refusalOf({ text: fitted.text, blocks: fitted.blocks, isUpdate: true })).toBeOneOf([
          null,
          'no_text',
        ]);
        expect(fitted.blocks[0]?.block_id).toBe('il:r:root');
        expect(fitted.blocks.at(-1)).toEqual(buttons);
      }),
      { numRuns: 150 },
    );
  });

  it('leaves a message alone that fits', () => {
    const message = { text: 'short', blocks: [header('a'), section('b')] };
    expect(fitToLimits(message)).toEqual(message);
  });

  it('says that it was shortened', () => {
    const blocks = Array.from({ length: 60 }, (_, index) => section(`line ${index}`));
    const fitted = fitToLimits({ text: 't', blocks });
    expect(fitted.blocks).toHaveLength(50);
    expect(JSON.stringify(fitted.blocks.at(-1))).toContain('Shortened to fit');
  });
});

describe('the messages of a run with huge and hostile contents', () => {
  it('are all taken by Slack and mention nobody', () => {
    const contents = fc.record({
      title: hostile,
      actual: hostile,
      reason: hostile,
      count: fc.integer({ min: 1, max: 120 }),
    });
    fc.assert(
      fc.property(contents, ({ title: text, actual, reason, count }) => {
        const checks = Array.from({ length: count }, (_, index) => ({
          id: `c${index}`,
          title: text,
          status: 'fail' as const,
          expected: actual,
          actual,
          evidence: [],
        }));
        const proofs = checks.map(({ id }) => ({ id, claim: text, holds: false, detail: actual }));
        const run = new RunTale('r-1', examplePlan({ title: text.slice(0, 150) }))
          .queue('test')
          .finish('test', {
            status: 'fail',
            reason: { code: 'bad', text: reason },
            checks,
            facts: { proofs },
          })
          .end({ verdict: 'FAILED', outcome: text, reason: { code: 'bad', text: reason } }).state;
        for (const message of messagesOf(run)) {
          expect(refusalOf({ text: message.text, blocks: message.blocks, isUpdate: true })).toBeNull();
          const shown = JSON.stringify(message.blocks);
          expect(shown).not.toContain('<!');
          if (message.thread) expect(shown).not.toContain('<@');
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('trimMrkdwn', () => {
  it('never cuts inside an entity, a mention or a code span', () => {
    const text = `${'&amp;'.repeat(20)} <@U0APPROVER> \`${'a'.repeat(50)}\``;
    for (let most = 4; most < text.length; most += 1) {
      const cut = trimMrkdwn(text, most);
      expect(cut.length).toBeLessThanOrEqual(most);
      expect(cut.replaceAll('&amp;', '').replaceAll('<@U0APPROVER>', '')).not.toMatch(/[&<>]/);
      expect((cut.match(/`/g)?.length ?? 0) % 2).toBe(0);
    }
  });
});

describe('escaping', () => {
  it('makes nothing of markup, mentions and emoji', () => {
    expect(plain('<!channel> & <@U1>')).toBe('&lt;!channel&gt; &amp; &lt;@U1&gt;');
    expect(plain('@here @channel @everyone')).not.toMatch(/@(here|channel|everyone)/);
    expect(plain('all :white_check_mark: well')).not.toContain(':white_check_mark:');
    expect(plain('a\nb')).toBe('a b');
    expect(plain('at :30: sharp')).not.toContain(':30:');
    expect(code('a `b` c')).toBe('`a ˋbˋ c`');
    expect(code('')).toBe('(empty)');
  });

  it('leaves every time as it is, to be copied', () => {
    for (const time of [
      '05:30:34',
      '2026-05-21T05:30:34.123Z',
      '2026-05-21 05:30:34',
      '2026-05-21T05:30:34+02:00',
    ])
      for (const say of [plain, sentence]) {
        expect(say(`seen at ${time}.`)).toBe(`seen at \`${time}\`.`);
        expect(say(`(since ${time}, not known)`)).toBe(`(since \`${time}\`, not known)`);
      }
  });

  it('lets a sentence of the control plane name people and channels, and nothing more', () => {
    expect(sentence('ask <@U0ALEX> in <#C0DEPLOYS>, not <!here>')).toBe(
      'ask <@U0ALEX> in <#C0DEPLOYS>, not &lt;!here&gt;',
    );
  });

  it('spreads long lists over sections', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(100)}`);
    const sections = list('Many', lines);
    expect(sections.length).toBeGreaterThan(1);
    expect(sections.map(({ text }) => text?.text).join('\n')).toBe(['*Many*', ...lines].join('\n'));
  });
});
