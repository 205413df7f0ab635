// What a change set does, in counts and by name: said alike in thread, approval and report. Pure.
import type { SurveyFacts } from './facts.ts';

type ChangedFile = SurveyFacts['files'][number];

/** "7 modified, 2 added", and ", 1 removed" where something is. */
export function countChanges(files: readonly ChangedFile[]): string {
  const count = (kind: ChangedFile['change']) => files.filter(({ change }) => change === kind).length;
  const removed = count('removed');
  return `${count('modified')} modified, ${count('added')} added${removed > 0 ? `, ${removed} removed` : ''}`;
}

export interface ModeNote {
  readonly path: string;
  readonly note: string;
}

/** What differs in modes: new programs, and files that ship otherwise than they were staged. */
export function modeNotes(files: readonly ChangedFile[]): ModeNote[] {
  return files.flatMap(({ path, change, mode, stagedMode }): ModeNote[] => {
    if (mode === undefined) return [];
    const isNew = change === 'added';
    if (stagedMode === undefined)
      return isNew && mode === '100755' ? [{ path, note: 'is new and executable (755)' }] : [];
    const source = isNew ? 'as the plan says' : 'as in the baseline';
    return [{ path, note: `ships as ${mode.slice(3)}, ${source}; it was staged as ${stagedMode.slice(3)}` }];
  });
}
