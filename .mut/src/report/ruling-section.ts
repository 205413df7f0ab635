// The final document once its run has been ruled on: what was signed, with one more section. Pure.
import type { Ruling } from '../run/state.ts';
import { bullets, code, prose, sentence, table } from './markdown.ts';

/** The signed document and all rulings so far; the same rulings give the same bytes. */
export function withRulings(markdown: string, rulings: readonly Ruling[]): string {
  return rulings.length === 0 ? markdown : `${markdown.trimEnd()}\n\n${rulingSection(rulings)}\n`;
}

function rulingSection(rulings: readonly Ruling[]): string {
  const [last, ...earlier] = rulings.toReversed();
  if (!last) return '';
  return [
    '## 10. Ruling',
    'Everything above is as it was signed when the run ended; this section is what a reviewer decided afterwards. It is signed apart, and in the ledger.',
    describe(last, rulings.length),
    ...(earlier.length > 0
      ? [
          '**Earlier rulings, which that one replaces.**',
          ...earlier.map((ruling, index) => describe(ruling, earlier.length - index)),
        ]
      : []),
  ].join('\n\n');
}

function describe(ruling: Ruling, number: number): string {
  const { by, decision, text, conditions, gaps, nextPlan, via, at, seq, head } = ruling;
  return [
    `Ruling ${number}: **${decision}** by ${prose(by.name)} (${code(by.id)}) at ${at}, by ${via}. ${text === '' ? 'Without words.' : sentence(prose(text))}`,
    ...(conditions.length > 0 ? ['Conditions:', bullets(conditions.map(prose))] : []),
    ...(gaps.length > 0
      ? [
          table(
            ['Gap', 'Is now', 'Why'],
            gaps.map(({ id, status, why, title, scope }) => [
              code(id),
              status,
              prose(wordsOf(why, title, scope)),
            ]),
          ),
        ]
      : []),
    bullets([
      ...(nextPlan === null ? [] : [`next plan: ${code(nextPlan)}`]),
      `ledger: event ${seq}${head === null ? '' : `, head ${code(head)}`}`,
    ]),
  ].join('\n\n');
}

/** With the words that the ruling brings, where it brings some. */
function wordsOf(why: string, title: string | undefined, scope: string | undefined): string {
  return [...(title === undefined ? [] : [`${title}${scope === undefined ? '' : ` (${scope})`}`]), why].join(
    '; ',
  );
}
