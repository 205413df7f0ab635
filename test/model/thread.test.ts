// A run is shown in its thread while the process that shows it may die at every await: each message stands there once, the
// verdict as well. The projector is the real one; Slack, its table and the time are the model's.
import type { WebClient } from '@slack/web-api';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { foldRun } from '../../src/run/state.ts';
import type { Postings } from '../../src/slack/ports.ts';
import { createProjector, type Projector } from '../../src/slack/projection.ts';
import { modelPlan, runId, start } from '../fixtures/model/plan.ts';
import { Process, Turns } from '../fixtures/model/turns.ts';
import { startVirtualTime } from '../fixtures/model/virtual-time.ts';
import { eventsAtEnd, eventsAtSigning } from '../fixtures/run-events.ts';
import { MemoryPostings } from '../fixtures/slack-memory.ts';

const events = eventsAtEnd(eventsAtSigning({ plan: modelPlan() }));
const states = events.map((_, index) => foldRun(runId, events.slice(0, index + 1)));
const botUserId = 'U0BOT';

interface Message {
  readonly ts: string;
  readonly thread_ts?: string | undefined;
  readonly user: string;
  blocks: { block_id?: string; [key: string]: unknown }[];
}

/** What a workspace keeps. */
class Thread {
  readonly messages: Message[] = [];
  readonly postings = new MemoryPostings();

  client(process: Process): WebClient {
    type Post = Pick<Message, 'blocks' | 'thread_ts'>;
    const page = (root: string | undefined) => ({
      ok: true,
      messages: this.messages.filter(({ ts, thread_ts }) => thread_ts === root || ts === root),
    });
    const client = {
      auth: { test: () => process.ask('auth.test', () => ({ ok: true, user_id: botUserId })) },
      users: {
        info: ({ user }: { user: string }) =>
          process.ask('users.info', () => ({ ok: true, user: { id: user, name: user } })),
      },
      chat: {
        postMessage: ({ blocks, thread_ts }: Post) =>
          process.ask('chat.postMessage', () => {
            const ts = `${this.messages.length + 1}.0`;
            this.messages.push({ ts, thread_ts, user: botUserId, blocks });
            return { ok: true, ts };
          }),
        update: ({ ts, blocks }: Post & { ts: string }) =>
          process.ask('chat.update', () => {
            const found = this.messages.find((each) => each.ts === ts);
            if (found) found.blocks = blocks;
            return { ok: true };
          }),
      },
      conversations: {
        history: () => process.ask('conversations.history', () => page(undefined)),
        replies: ({ ts }: { ts: string }) => process.ask('conversations.replies', () => page(ts)),
      },
      reactions: { add: () => process.ask('reactions.add', () => ({ ok: true })) },
    };
    return client as unknown as WebClient;
  }

  table(process: Process): Postings {
    const { rows } = this.postings;
    // What this table does, it does at once: the promise of it resolves before anything else can come.
    const act = (label: string, work: () => unknown) => process.ask(label, () => void work());
    return {
      list: (run) => process.ask('postings', () => [...rows.values()].filter((row) => row.run === run)),
      find: (channel, ts) =>
        process.ask(
          'posting',
          () => [...rows.values()].find((row) => row.channel === channel && row.ts === ts) ?? null,
        ),
      begin: (intent) => act('note what is begun', () => this.postings.begin(intent)),
      posted: (shown) => act('note what is posted', () => this.postings.posted(shown)),
      settle: (refused) => act('note what is refused', () => this.postings.settle(refused)),
      tried: (failed) => act('note what was tried', () => this.postings.tried(failed)),
      doubt: (message) => act('doubt what stands there', () => this.postings.doubt(message)),
    };
  }
}

type Step =
  | { readonly after: number | null; readonly do: 'show' }
  | { readonly after: number | null; readonly do: 'crash'; readonly isHeard: boolean }
  | { readonly after: number | null; readonly do: 'wait'; readonly ms: number };

const after = fc.option(fc.nat(12), { freq: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ after, do: fc.constant('show' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      after,
      do: fc.constant('crash' as const),
      isHeard: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ after, do: fc.constant('wait' as const), ms: fc.constantFrom(100, 3_000) }),
  },
);

async function play(scheduler: fc.Scheduler, steps: readonly Step[]): Promise<Thread> {
  const turns = new Turns(scheduler);
  const thread = new Thread();
  let now = start;
  const time = startVirtualTime(
    () => now,
    (ms) => {
      now += ms;
    },
  );
  let process = new Process(turns);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const begin = (): Projector =>
    createProjector({
      client: thread.client(process),
      postings: thread.table(process),
      evidence: async () => null,
      log,
    });
  try {
    let projector = begin();
    let shown = 0;
    for (const each of steps) {
      await turns.go(each.after);
      if (each.do === 'wait') time.advance(each.ms);
      if (each.do === 'crash') {
        process.kill(each.isHeard ? 0 : null);
        time.forget();
        // What was on its way to Slack is there before another process has started: Slack knows no post that is made twice.
        await turns.go(null);
        process = new Process(turns);
        projector = begin();
      }
      // A few events at once, as gates bring them.
      if (each.do === 'show') shown = Math.min(shown + 4, states.length - 1);
      const state = states[shown];
      if (state && each.do !== 'wait') await projector.project(state);
    }
    const last = states.at(-1);
    if (last) await projector.project(last);
    let isShown = false;
    void projector.settled().then(() => {
      isShown = true;
    });
    for (let round = 0; round < 60 && !isShown; round += 1) {
      await turns.go(null);
      time.advance(3_000);
    }
    expect(isShown).toBe(true);
    return thread;
  } finally {
    time.end();
  }
}

it('shows every message once, and one verdict, however often it dies', async () => {
  const keys = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 6, maxLength: 12, size: 'max' }),
      async (scheduler, steps) => {
        const { messages } = await play(scheduler, steps);
        const markers = messages.map(({ blocks }) => blocks[0]?.block_id ?? 'none');
        expect(markers).toEqual([...new Set(markers)]);
        expect(markers.filter((marker) => marker === `il:${runId}:final`)).toHaveLength(1);
        const [root] = messages;
        expect(messages.slice(1).every(({ thread_ts }) => thread_ts === root?.ts)).toBe(true);
        for (const marker of markers) keys.add(marker);
      },
    ),
    { numRuns: 25, seed: 20_261_125 },
  );
  expect(keys).toContain(`il:${runId}:approval`);
});
