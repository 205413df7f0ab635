import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approver, channel, type LoopbackRun, openLoopbackRun, requester } from '../fixtures/loopback-run.ts';

let opened: LoopbackRun;
beforeAll(async () => {
  opened = await openLoopbackRun();
});
afterAll(() => opened.close());

const wish = { operation: 'deploy', subject: 'o8b-retry', dryRun: false, requester, channel } as const;

describe('an open run', () => {
  it('is aborted in the middle of a gate: the gate is stopped, nothing later runs, the report says so', async () => {
    const runId = await opened.deploy();
    await opened.until(runId, ({ gates }) =>
      gates.some(({ gate, status }) => gate.kind === 'test' && status === 'queued'),
    );
    expect(await opened.control.abort(runId, { ...approver, channel }, 'not mine to say')).toMatchObject({
      ok: false,
      refusal: { code: 'not-permitted' },
    });
    expect((await opened.control.abort(runId, { ...requester, channel }, 'wrong day')).ok).toBe(true);
    const { gates, finished } = await opened.until(runId, (run) => run.finished !== null);
    expect(finished).toMatchObject({ verdict: 'BLOCKED' });
    expect(gates.find(({ gate }) => gate.kind === 'test')).toMatchObject({
      status: 'blocked',
      reason: { code: 'aborted' },
    });
    expect(gates.find(({ gate }) => gate.kind === 'promote')).toMatchObject({
      status: 'not-run',
      reason: { code: 'aborted', text: expect.stringContaining('wrong day') },
    });
    expect(gates.find(({ gate }) => gate.kind === 'report')?.status).toBe('pass');
  });

  it('keeps its target: of two requests that come together one is refused, with the run that is in the way', async () => {
    const answers = await Promise.all([opened.control.request(wish), opened.control.request(wish)]);
    const started = answers.flatMap((answer) => (answer.ok ? [answer.value.runId] : []));
    const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.refusal]));
    expect(started).toHaveLength(1);
    expect(refused).toEqual([{ code: 'target-busy', text: expect.stringContaining(started[0] ?? 'no run') }]);
    await opened.control.abort(started[0] ?? '', { ...requester, channel }, 'seen enough');
    await opened.until(started[0] ?? '', (run) => run.finished !== null);
  });
});
