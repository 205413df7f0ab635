/** Slack's timestamps are seconds with a fraction, as text; ours are RFC 3339 in UTC with milliseconds. */
export function timeOf(slackTs: string): string {
  const seconds = Number(slackTs);
  if (!Number.isFinite(seconds))
    throw new RangeError(`expected a Slack timestamp such as 1360782804.083113, got ${slackTs}`);
  return new Date(Math.floor(seconds * 1000)).toISOString();
}
