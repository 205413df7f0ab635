// What a tidy found beside a live path, and what it did about it. Pure.
import { readFacts } from '../../run/facts.ts';
import type { GateState } from '../../run/state.ts';
import { code, prose, sentence, table } from '../markdown.ts';

export function describeTidy({ result }: GateState): string[] {
  const { livePath, live, found, removed = [] } = readFacts('tidy', result?.facts);
  if (!found || !livePath || !live) return [];
  const gone = new Set(removed.map(({ path }) => path));
  const rows = found.map(({ path, says, tree, kept, why, next }) => [
    code(path),
    prose(says),
    tree ? code(tree) : '',
    gone.has(path) ? 'removed' : kept ? 'kept' : 'may go',
    `${prose(why)}${next ? `; type ${code(next)}` : ''}`,
  ]);
  return [
    `${code(livePath)} holds ${live.tree ? code(live.tree) : 'nothing'}. ${sentence(prose(`Known: ${live.known ? 'yes' : 'no'}, ${live.says}`))}`,
    rows.length > 0
      ? table(['Path', 'What it is', 'Tree', 'Fate', 'Why'], rows)
      : 'Nothing lies beside it under a name that Interlock gives.',
  ];
}
