// Keys of the approval messages: one a request, numbered from 1.
const first = 'approval';

export function approvalKey(request: number): string {
  return request === 1 ? first : `${first}-${request}`;
}

/** The request that a message is, from 1; null for any other message. */
export function requestOfKey(key: string): number | null {
  if (key === first) return 1;
  const [, number] = /^approval-([1-9][0-9]*)$/.exec(key) ?? [];
  return number === undefined ? null : Number(number);
}
