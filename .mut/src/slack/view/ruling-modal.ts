// The form by which a reviewer rules: decision, words, conditions, gaps, next plan. And what was filled in.
import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { GapRow, RulingDecision } from '../../gaps/schema.ts';
import { decisions } from '../../gaps/schema.ts';
import type { RulingWish } from '../../run/judge-ruling.ts';
import type { RunState } from '../../run/state.ts';
import { parsedJson } from '../parsed-json.ts';
import { title } from './escape.ts';
import { trimPlain } from './trim.ts';

export const rulingModal = 'interlock-ruling';

/** Slack shows at most so many options in one list. */
const mostOptions = 100;

const words: { readonly [D in RulingDecision]: string } = {
  accepted: 'Accept',
  'accepted-with-conditions': 'Accept with conditions',
  rejected: 'Reject',
};

/** Ids of the blocks, which are also those of their one element each: errors name a block. */
export const rulingFields = {
  decision: 'decision',
  text: 'text',
  conditions: 'conditions',
  closes: 'closes',
  why: 'why',
  next: 'next',
} as const;

/** Where the button was pressed: it comes back with what was filled in, and is checked again then. */
export interface RulingPlace {
  readonly run: string;
  readonly channel: string;
  readonly messageTs: string;
}

export function rulingView(run: RunState, register: readonly GapRow[], place: RulingPlace): types.ModalView {
  const open = register.filter(({ status }) => status !== 'closed').slice(0, mostOptions);
  const verdict = run.finished?.verdict ?? 'still running';
  return {
    type: 'modal',
    callback_id: rulingModal,
    private_metadata: JSON.stringify(place),
    title: label('Rule on a run', 24),
    submit: label('Rule', 24),
    close: label('Cancel', 24),
    blocks: [
      {
        type: 'section',
        text: label(
          `${run.runId}: ${verdict}, ${run.finished?.outcome ?? 'no outcome'}. The ruling becomes part of its ledger and its report${run.rulings.length > 0 ? ', and replaces the one that there is' : ''}.`,
          3000,
        ),
      },
      input(rulingFields.decision, 'Decision', {
        type: 'static_select',
        action_id: rulingFields.decision,
        options: decisions.map((value) => ({ text: label(words[value], 75), value })),
      }),
      input(rulingFields.text, 'Reason', text(rulingFields.text, true)),
      input(rulingFields.conditions, 'Conditions, one a line', text(rulingFields.conditions, true), true),
      ...(open.length > 0 && run.mode === 'LIVE'
        ? [
            input(
              rulingFields.closes,
              'Gaps that it closes',
              {
                type: 'multi_static_select',
                action_id: rulingFields.closes,
                options: open.map(({ id, title: missing }) => ({
                  text: label(`${id}: ${missing}`, 75),
                  value: id,
                })),
              },
              true,
            ),
            input(rulingFields.why, 'Why they are closed', text(rulingFields.why, true), true),
          ]
        : []),
      input(rulingFields.next, 'Next plan', text(rulingFields.next, false), true),
    ],
  };
}

function label(said: string, most: number): types.PlainTextElement {
  return { type: 'plain_text', text: trimPlain(title(said), most) };
}

function text(action: string, multiline: boolean): types.PlainTextInput {
  return { type: 'plain_text_input', action_id: action, multiline, max_length: multiline ? 3000 : 64 };
}

function input(
  block: string,
  name: string,
  element: types.InputBlock['element'],
  optional = false,
): types.InputBlock {
  return { type: 'input', block_id: block, label: label(name, 2000), element, optional };
}

const placeSchema = z.strictObject({ run: z.string(), channel: z.string(), messageTs: z.string() });
const field = z.record(
  z.string(),
  z.object({
    value: z.string().nullish(),
    selected_option: z.object({ value: z.string() }).nullish(),
    selected_options: z.array(z.object({ value: z.string() })).nullish(),
  }),
);

/** What was filled in, or null when it is not of this form. */
export function readRulingView(view: {
  readonly private_metadata: string;
  readonly state: { readonly values: unknown };
}): { place: RulingPlace; wish: RulingWish } | null {
  const place = parsedJson.pipe(placeSchema).safeParse(view.private_metadata);
  const values = z.record(z.string(), field).safeParse(view.state.values);
  if (!place.success || !values.success) return null;
  const of = (name: string) => values.data[name]?.[name];
  const decision = z.enum(decisions).safeParse(of(rulingFields.decision)?.selected_option?.value);
  if (!decision.success) return null;
  const said = (name: string) => (of(name)?.value ?? '').trim();
  const why = said(rulingFields.why);
  const next = said(rulingFields.next);
  return {
    place: place.data,
    wish: {
      decision: decision.data,
      text: said(rulingFields.text),
      conditions: said(rulingFields.conditions)
        .split('\n')
        .filter((line) => line.trim() !== ''),
      gaps: (of(rulingFields.closes)?.selected_options ?? []).map(({ value }) => ({
        id: value,
        status: 'closed',
        why,
      })),
      nextPlan: next === '' ? null : next,
      via: 'modal',
    },
  };
}
