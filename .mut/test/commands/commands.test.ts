import { beforeEach, describe, expect, it } from 'vitest';
import { deploy } from '../../commands/deploy.ts';
import { rollback } from '../../commands/rollback.ts';
import { runs } from '../../commands/runs.ts';
import { verify } from '../../commands/verify.ts';
import type { Command } from '../../src/slack/command.ts';
import { ScriptedControl } from '../fixtures/scripted-control.ts';
import { passedRun, RunTale, requester } from '../fixtures/slack-runs.ts';

let control: ScriptedControl;
beforeEach(() => {
  control = new ScriptedControl();
});

const type = async (command: Command, text: string) =>
  (await command.run({ text, user: requester, channel: 'C0DEPLOYS' }, control)).text;

describe('/deploy', () => {
  it('requests a run and names it', async () => {
    expect(await type(deploy, 'o8b-retry')).toContain('Run `o8b-retry-abc123` of `o8b-retry` has started.');
    expect(control.requests).toEqual([
      { operation: 'deploy', subject: 'o8b-retry', dryRun: false, requester, channel: 'C0DEPLOYS' },
    ]);
  });

  it.each(['o8b-retry --dry-run', '--dry-run o8b-retry', 'o8b-retry —dry-run'])(
    'takes %s as a dry run',
    async (text) => {
      expect(await type(deploy, text)).toContain('as a dry run');
      expect(control.requests).toMatchObject([{ subject: 'o8b-retry', dryRun: true }]);
    },
  );

  it('without a plan lists the plans and starts nothing', async () => {
    expect(await type(deploy, '')).toContain('`o9-authoring` Title of o9-authoring');
    expect(control.requests).toEqual([]);
  });

  it.each(['o8b-retry --force', 'one two'])('does not guess at %s', async (text) => {
    expect(await type(deploy, text)).toContain('Type `/deploy PLAN [--dry-run]`');
    expect(control.requests).toEqual([]);
  });

  it('with an unknown plan names the nearest and all of them', async () => {
    control.refusal = { code: 'plan-not-found', text: 'no' };
    const text = await type(deploy, 'o8b-rtry');
    expect(text).toContain('Did you mean `o8b-retry`?');
    expect(text).toContain('o9-authoring');
  });

  it('passes the words of a refusal on, with its mentions, harmless otherwise', async () => {
    control.refusal = { code: 'not-a-requester', text: 'Kim <!channel> may not; <@U0REQUESTER> may.' };
    expect(await type(deploy, 'o8b-retry')).toBe(
      ':no_entry: Kim &lt;!channel&gt; may not; <@U0REQUESTER> may.',
    );
  });

  it('shows what was typed without letting it act', async () => {
    control.refusal = { code: 'plan-not-found', text: 'no' };
    expect(await type(deploy, '<!here>`x`')).toContain('There is no plan `&lt;!here&gt;ˋxˋ`');
  });
});

describe('/deploy and the execution switch', () => {
  it('turns it off for all plans or one, as far as the level says, with a reason', async () => {
    expect(await type(deploy, 'disable it burns')).toContain(
      'is disabled for all plans: nothing is mutated.',
    );
    expect(await type(deploy, 'disable --plan o8b-retry --level 2 rows are gone')).toMatch(
      /for `o8b-retry`: .*open LIVE runs are aborted/,
    );
    expect(await type(deploy, 'disable')).toContain('Execution is disabled');
    const by = requester.id;
    expect(control.flips).toEqual([
      { enabled: false, plan: null, level: 0, reason: 'it burns', by },
      { enabled: false, plan: 'o8b-retry', level: 2, reason: 'rows are gone', by },
      { enabled: false, plan: null, level: 0, reason: 'no reason given', by },
    ]);
    expect(control.requests).toEqual([]);
  });

  it('turns it on again', async () => {
    expect(await type(deploy, 'enable --plan o8b-retry mended')).toBe(
      ':large_green_circle: Execution is enabled for `o8b-retry`.',
    );
    expect(control.flips).toMatchObject([{ enabled: true, plan: 'o8b-retry', reason: 'mended' }]);
  });

  it.each([
    'disable --level 4 x',
    'disable --level',
    'disable --force x',
    'enable --dry-run',
    'o8b-retry --plan x',
  ])('does not guess at %s', async (text) => {
    expect(await type(deploy, text)).toContain('/deploy disable [--plan PLAN] [--level 0-3] REASON');
    expect([control.flips, control.requests]).toEqual([[], []]);
  });

  it('says why not, in the words of the control plane', async () => {
    control.refusal = { code: 'not-permitted', text: 'Dana may not; <!subteam^S0OPS> may, <!here> not.' };
    expect(await type(deploy, 'enable')).toBe(':no_entry: Dana may not; `S0OPS` may, &lt;!here&gt; not.');
  });

  it('shows how it stands', async () => {
    expect(await type(deploy, 'status')).toBe('Execution is *enabled*.');
    control.view = { enabled: false, level: 1, reason: 'disabled by dana: *x* <!here>', by: null };
    expect(await type(deploy, 'status')).toBe(
      'Execution is *disabled*: disabled by dana: *x* &lt;!here&gt;.',
    );
  });

  it('takes the rest of the line as the reason to go on in a freeze', async () => {
    expect(await type(deploy, 'o8b-retry --override-freeze the fix of incident 7')).toContain('has started');
    expect(await type(deploy, 'o8b-retry --override-freeze')).toContain('Say why the freeze does not count');
    expect(control.requests).toMatchObject([
      { subject: 'o8b-retry', dryRun: false, overrideFreeze: 'the fix of incident 7' },
    ]);
  });
});

describe('/verify', () => {
  it('requests a verification of a plan or a run', async () => {
    expect(await type(verify, 'o8b-retry')).toContain('verifies `o8b-retry`');
    expect(control.requests).toMatchObject([{ operation: 'verify', subject: 'o8b-retry' }]);
  });

  it('says what to type', async () => {
    expect(await type(verify, '')).toContain('Type `/verify PLAN|RUN`');
    expect(control.requests).toEqual([]);
  });
});

describe('/rollback', () => {
  it('requests the way back from a run', async () => {
    expect(await type(rollback, 'o8b-retry-abc123')).toContain('will ask for an approval');
    expect(control.requests).toMatchObject([{ operation: 'rollback', subject: 'o8b-retry-abc123' }]);
  });

  it('without a run lists those that promoted something, and no others', async () => {
    control.known = [passedRun('o8b-retry-good'), new RunTale('o8b-retry-early').queue('precheck').state];
    const text = await type(rollback, '');
    expect(text).toContain('o8b-retry-good');
    expect(text).not.toContain('o8b-retry-early');
  });

  it('with an unknown run names the nearest', async () => {
    control.known = [passedRun('o8b-retry-good')];
    control.refusal = { code: 'unknown-run', text: 'no' };
    expect(await type(rollback, 'o8b-retry-godo')).toContain('Did you mean `o8b-retry-good`?');
  });
});

describe('/runs', () => {
  it('lists the latest', async () => {
    control.known = [passedRun('r-2'), new RunTale('r-1').queue('precheck').state];
    const text = await type(runs, '');
    expect(text).toContain('✅ PASS `r-2` Deploy `o8b-retry`');
    expect(text).toContain('⏳ running `r-1`');
  });

  it('shows every gate of one with how long it waited and took', async () => {
    control.known = [passedRun('r-2')];
    const text = await type(runs, 'r-2');
    expect(text.match(/took 41 s/g)).toHaveLength(10);
    expect(text.match(/waited \d/g)?.length).toBeGreaterThanOrEqual(10);
    expect(text).toMatch(/\*Approval\* of `sha256:[0-9a-f]{64}`: granted by Alex Approver, waited \d/);
  });

  it('says what an open one waits for', async () => {
    control.known = [new RunTale('r-1').passBefore('promote').askApproval().state];
    expect(await type(runs, 'r-1')).toContain('*Waits for* approval in the thread');
  });

  it('aborts one, with a reason', async () => {
    expect(await type(runs, 'abort r-1 the wrong day')).toContain('is being aborted: the wrong day');
    expect(await type(runs, 'abort r-2')).toContain('no reason given');
    expect(control.aborts).toEqual([
      { runId: 'r-1', by: requester.id, reason: 'the wrong day' },
      { runId: 'r-2', by: requester.id, reason: 'no reason given' },
    ]);
    expect(await type(runs, 'abort')).toContain('/runs abort RUN [REASON]');
  });

  it('publishes the report of one again, and says what came of it', async () => {
    expect(await type(runs, 'publish r-1')).toContain(
      'The report of run `r-1`: 9 documents in /srv/kb, revision 1.',
    );
    control.publication = { published: false, detail: 'expected PUT, got 500', documents: [] };
    expect(await type(runs, 'publish r-1')).toMatch(
      /was not published: expected PUT, got 500.*`\/runs publish r-1` tries again/,
    );
    expect(control.published).toEqual([
      { runId: 'r-1', by: requester.id },
      { runId: 'r-1', by: requester.id },
    ]);
    expect(await type(runs, 'publish')).toContain('/runs publish RUN');
    control.refusal = { code: 'not-a-requester', text: 'Kim may not.' };
    expect(await type(runs, 'publish r-1')).toBe(':no_entry: Kim may not.');
  });

  it('shows who holds which target, since when and why', async () => {
    expect(await type(runs, 'locks')).toBe('No target is held by a run.');
    const owner = { id: 'U1', name: 'Dana <!here>' };
    control.held = [
      {
        host: 'contabo',
        livePath: '/opt/x',
        runId: 'r-1',
        owner,
        reason: 'deploy of x',
        since: '2026-05-21T05:20:00.000Z',
      },
    ];
    expect(await type(runs, 'locks')).toContain(
      ':lock: `/opt/x` on `contabo`: run `r-1`, deploy of x, asked for by Dana &lt;!here&gt;, since 2026-05-21 05:20:00 UTC',
    );
  });

  it.each([
    ['unlock', () => control.unlocks],
    ['override-freeze', () => control.overrides],
  ] as const)('%s needs a run and a reason', async (verb, asked) => {
    for (const text of [verb, `${verb} r-1`, `${verb} r-1  `])
      expect(await type(runs, text)).toContain(`/runs ${verb} RUN REASON`);
    expect(asked()).toEqual([]);
    expect(await type(runs, `${verb} r-1 its worker is gone`)).toContain('its worker is gone');
    expect(asked()).toEqual([{ runId: 'r-1', by: requester.id, reason: 'its worker is gone' }]);
    control.refusal = { code: 'not-permitted', text: 'Kim may not.' };
    expect(await type(runs, `${verb} r-1 again`)).toBe(':no_entry: Kim may not.');
  });

  it('with an unknown run names the nearest', async () => {
    control.known = [passedRun('o8b-retry-good')];
    expect(await type(runs, 'o8b-retry-goof')).toContain('Did you mean `o8b-retry-good`?');
  });
});
