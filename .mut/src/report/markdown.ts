// Markdown from values that others control: file names, command output, names of people. Nothing of it may become markup.

/** One line of running text. */
export function prose(text: string): string {
  return oneLine(text).replace(/[\\`[\]<*]/g, (sign) => (sign === '<' ? '&lt;' : `\\${sign}`));
}

/** An inline code span, fenced by more backticks than it holds. */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  // In a table no code span can hold a backslash before a pipe (GFM 4.10), so that one is spelled in HTML.
  if (/\\\|/.test(line))
    return `<code>${line.replace(/[^\w /.,:-]/g, (sign) => `&#${sign.codePointAt(0)};`)}</code>`;
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A table; cells are Markdown already, pipes in them are escaped here. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(headers), line(headers.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A fenced block, fenced by more backticks than it holds. */
export function codeBlock(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${withoutLastLineEnds(text)}\n${fence}`;
}

/** Aligned `name: value` lines in a fenced block. */
export function keyValues(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length)) + 2;
  return codeBlock(
    pairs.map(([name, value]) => `${`${name}:`.padEnd(width)} ${oneLine(value)}`).join('\n'),
    'text',
  );
}

export function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** First 12 hex digits of a digest, for tables; the whole digest stands elsewhere in the package. */
export function shortDigest(digest: string): string {
  const hex = digest.replace(/^sha256:/, '');
  return `${hex.slice(0, 12)}…`;
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

/** "1 thing", "2 things". */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** "350 ms", "12.4 s", "3 min 5 s", "2 h 10 min". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Ends a text with one full stop, so that reasons can be joined to sentences. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

function oneLine(text: string): string {
  // Control and bidirectional-override characters could hide or reorder what a reader sees.
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** By hand: `/\n*$/` begins anew at each of many line ends that are not the last. */
function withoutLastLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end -= 1;
  return text.slice(0, end);
}
