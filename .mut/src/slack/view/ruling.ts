// A reviewer's ruling on a finished run, and the button by which one is given.
import type { types } from '@slack/bolt';
import type { Ruling, RunState } from '../../run/state.ts';
import type { DesiredFile, ViewContext } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { fileName } from './file-name.ts';
import { count, utc } from './measures.ts';

/** `action_id` of the button on the final message; its value names the run. */
export const ruleAction = 'interlock-rule';

const sign = {
  accepted: ':white_check_mark:',
  'accepted-with-conditions': ':large_orange_diamond:',
  rejected: ':x:',
} as const satisfies Record<Ruling['decision'], string>;

/** mrkdwn: the ruling that holds, where its statement is, and how many it replaces. */
export function rulingLines(
  { rulings }: RunState,
  { rulings: kept }: Pick<ViewContext, 'rulings'>,
): string[] {
  const ruling = rulings.at(-1);
  if (!ruling) return [];
  const { by, decision, text, conditions, gaps, nextPlan, via, at } = ruling;
  return [
    `${sign[decision]} *${plain(decision)}* by *${plain(by.name)}* at ${utc(at)}, by ${via}`,
    ...(text === '' ? [] : [`> ${plain(text)}`]),
    ...conditions.map((condition) => `• Condition: ${plain(condition)}`),
    ...gaps.map(({ id, status, why, title }) => `• Gap *${plain(id)}* is ${status}: ${plain(title ?? why)}`),
    ...(nextPlan === null ? [] : [`• Next plan: ${code(nextPlan)}`]),
    ...(rulings.length > 1
      ? [
          `It replaces ${count(rulings.length - 1, 'earlier ruling')}, which ${rulings.length === 2 ? 'stays' : 'stay'} on record.`,
        ]
      : []),
    ...keptLines(kept.find(({ number }) => number === rulings.length)),
  ];
}

function keptLines(kept: ViewContext['rulings'][number] | undefined): string[] {
  if (!kept) return [];
  const { statement, ledger, document, publication } = kept;
  return [
    `Signed statement ${code(statement.name)} ${code(statement.digest)}; verify it with ${code(`--ruling ${statement.name} --ledger ${ledger.name}`)}`,
    publication.published
      ? `Published: ${code(document.name)} revision ${document.revision}`
      : `:warning: The report with the ruling was not published: ${plain(publication.detail)}`,
  ];
}

/** One button while somebody is named who may rule; what it opens is asked for once it is pressed. */
export function rulingButton({ runId, plan, rulings }: RunState): types.ActionsBlock[] {
  if (plan.approval.permissions.rule.length === 0) return [];
  const text = rulings.length === 0 ? 'Rule on this run' : 'Replace the ruling';
  return [
    {
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: ruleAction,
          text: { type: 'plain_text', text },
          value: JSON.stringify({ run: runId }),
        },
      ],
    },
  ];
}

/** What a verifier of the rulings needs beside the bundle. */
export function rulingFiles({ rulings }: Pick<ViewContext, 'rulings'>): DesiredFile[] {
  return rulings.flatMap(({ number, statement, ledger, document }) => [
    { ...statement, name: fileName([statement.name], ''), title: `ruling ${number}, signed` },
    { ...ledger, name: fileName([ledger.name], ''), title: `ledger up to ruling ${number}` },
    {
      name: fileName([document.name.replace(/\.md$/, ''), `ruling-${number}`], '.md'),
      title: `final report with ruling ${number}`,
      digest: document.digest,
    },
  ]);
}
