// Cutting text without cutting through something that has a meaning as a whole.

/** Cuts mrkdwn to at most `most` UTF-16 units: at a line's end when one is near, never inside an entity, a mention or a code span. */
export function trimMrkdwn(given: string, most: number): string {
  const text = given.toWellFormed();
  if (text.length <= most) return text;
  // Two units are kept for the ellipsis and for closing a code span.
  let cut = withoutHalfSurrogate(text.slice(0, Math.max(0, most - 2)));
  const lineEnd = cut.lastIndexOf('\n');
  if (lineEnd > cut.length * 0.6) cut = cut.slice(0, lineEnd + 1);
  cut = cut.replace(/&[a-z]{0,3}$/, '').replace(/<[^>\n]*$/, '');
  const lastLine = cut.slice(cut.lastIndexOf('\n') + 1);
  const isCodeOpen = (lastLine.match(/`/g)?.length ?? 0) % 2 === 1;
  return isCodeOpen ? `${cut}…\`` : `${cut}…`;
}

/** Cuts plain text to at most `most` UTF-16 units. */
export function trimPlain(given: string, most: number): string {
  const text = given.toWellFormed();
  return text.length <= most ? text : `${withoutHalfSurrogate(text.slice(0, Math.max(0, most - 1)))}…`;
}

function withoutHalfSurrogate(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
