// A look that meets a tree which is none of its own run's asks the ledger whose it is, and that stands beside what was seen.
import { describe, expect, it } from 'vitest';
import { foldRun } from '../../src/run/state.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { completed, openCoordinator, result } from '../fixtures/coordinator-in-memory.ts';
import { factsWith, referenceFacts } from '../fixtures/reference-facts.ts';
import { eventsAtSigning } from '../fixtures/run-events.ts';

const brought = referenceFacts.stage.stagedTree.digest;
const unknown = `sha256:${'9'.repeat(64)}`;

/** A rollback that was stopped before it touched anything, up to its look; r9 is a deploy to the same place. */
async function looked(tree: string) {
  const stopped = { status: 'blocked' as const, reason: { code: 'position', text: 'another tree is live' } };
  const all = eventsAtSigning({
    operation: 'rollback',
    // What it takes back had staged another tree than the one that is live now.
    subjectFacts: { stage: factsWith('stage', { stagedTree: { digest: unknown.replaceAll('9', '8') } }) },
    results: { 'rollback-readiness': stopped },
  });
  const queued = all.findIndex(
    ({ type, data }) => type === 'gate.queued' && 'gate' in data && data.gate === 'observe-live',
  );
  const look = {
    gate: 'observe-live',
    facts: factsWith('observe-live', { tree: { digest: tree }, begun: null }),
  };
  const { coordinator, rows, errors } = openCoordinator(() => completed(result(look)), {
    rows: all.slice(0, queued + 1),
    others: { r9: eventsAtSigning({ runId: 'r9' }) },
    job: 'r1-observe-live-1',
  });
  await coordinator.advance('r1');
  return { run: foldRun('r1', rows), errors };
}

describe('a look that meets a tree of no gate of its run', () => {
  it('names the run of the ledger that brought it', async () => {
    const { run, errors } = await looked(brought);
    expect(errors).toEqual([]);
    expect(run.looks.map(({ status, seenTree }) => [status, seenTree])).toEqual([
      ['pass', { run: 'r9', as: 'candidate' }],
    ]);
    expect(whatIsLive(run).join()).toContain('holds the candidate of run r9');
  });

  it('names none where the ledger knows of none', async () => {
    const { run } = await looked(unknown);
    expect(run.looks.map(({ status, seenTree }) => [status, seenTree])).toEqual([['pass', undefined]]);
    expect(whatIsLive(run).join()).not.toContain('r9');
  });
});
