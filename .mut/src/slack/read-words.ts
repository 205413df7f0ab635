// The words of a command: plain ones and options. Pure.

export interface ReadWords {
  readonly plain: readonly string[];
  /** By name; an option that stands alone is the empty text. */
  readonly options: Readonly<Record<string, string>>;
}

/** `alone` takes nothing, `word` the word after it, `rest` all words after it. */
export type OptionForms = Readonly<Record<string, 'alone' | 'word' | 'rest'>>;

/** Null when there is an option of another name, or one that lacks its word. */
export function readWords(text: string, forms: OptionForms): ReadWords | null {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const plain: string[] = [];
  const options: Record<string, string> = {};
  while (words.length > 0) {
    const word = words.shift() ?? '';
    // Some keyboards turn two hyphens into a dash.
    const name = /^(?:--|[-–—])([a-z][a-z-]*)$/.exec(word)?.[1];
    if (!/^[-–—]/.test(word) || (name === undefined && plain.length > 1)) {
      plain.push(word);
      continue;
    }
    const form = name !== undefined && Object.hasOwn(forms, name) ? forms[name] : undefined;
    // A reason in words may hold a dash; an option stands before it.
    if (form === undefined || name === undefined) return null;
    if (form === 'alone') options[name] = '';
    else if (form === 'rest') options[name] = words.splice(0).join(' ');
    else {
      const value = words.shift();
      if (value === undefined) return null;
      options[name] = value;
    }
  }
  return { plain, options };
}
