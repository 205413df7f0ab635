// Who may do what when, written down once more, apart from src/: as tables, and as the order in which they are asked.
import { type Act, acts } from '../../src/approval/authorize.ts';
import { type Circumstances, flags, people } from '../fixtures/authority-table.ts';

type Word = string;
/** What a person is refused for when the policy does not name them, or when that could not be read; absent where it does. */
type Named = Partial<Record<Act, Word>>;

const may = (...allowed: Act[]): Named =>
  Object.fromEntries(acts.filter((act) => !allowed.includes(act)).map((act) => [act, notNamed(act)]));
const asks: Act[] = ['request', 'request-dry-run', 'verify', 'rollback', 'abort', 'publish', 'disable'];
const votes: Act[] = ['approve', 'reject', 'disable'];
const unread = 'user-group-unreadable';

const named: Record<string, Named> = {
  'requester who is also an approver': { ...may(...asks), approve: 'requester', reject: 'requester' },
  'another requester': may(...asks),
  'approver in one group': may(...votes),
  'approver in two groups': may(...votes),
  'member by user group': may(...asks, ...votes, 'override-freeze'),
  'user group unreadable': {
    ...may(),
    ...each([...asks, ...votes, 'override-freeze'], unread),
  },
  'approver, user group unreadable': {
    ...may(...votes),
    ...each([...asks.filter((act) => act !== 'disable'), 'override-freeze'], unread),
  },
  chief: may('rule', 'override-freeze', 'unlock', 'enable', 'disable'),
  nobody: may(),
};
named['user group not asked for'] = named['user group unreadable'] ?? {};
named['chief who is a bot'] = named['chief'] ?? {};

function notNamed(act: Act): Word {
  if (act === 'approve' || act === 'reject' || act === 'withdraw') return 'not-an-approver';
  return act === 'request' || act === 'request-dry-run' || act === 'verify'
    ? 'not-a-requester'
    : 'not-permitted';
}

/** What an act is refused for in a state; what is not here is permitted in it. */
const closedIn: Record<string, Partial<Record<Act, Word>>> = {
  'no run': each(
    ['approve', 'reject', 'withdraw', 'abort', 'override-freeze', 'unlock', 'publish', 'rule'],
    'unknown-run',
  ),
  'before the approval': { approve: 'no-approval', reject: 'no-approval', withdraw: 'closed' },
  waiting: { withdraw: 'closed' },
  'waiting, after wrong codes': { withdraw: 'closed' },
  voided: { approve: 'closed', reject: 'closed' },
  rejected: each(['approve', 'reject', 'withdraw'], 'closed'),
  expired: { approve: 'closed', reject: 'closed' },
  'after the point of no return': each(['approve', 'reject', 'override-freeze'], 'closed'),
  aborted: { approve: 'closed', reject: 'closed' },
  'lock broken': { approve: 'closed', reject: 'closed' },
  finished: {
    ...each(['approve', 'reject', 'withdraw'], 'closed'),
    ...each(['abort', 'override-freeze', 'unlock'], 'finished'),
  },
};

function each(some: Act[], word: Word): Partial<Record<Act, Word>> {
  return Object.fromEntries(some.map((act) => [act, word]));
}

const onTheCommandLine: Act[] = ['abort', 'publish', 'unlock', 'tidy', 'tidy-dry-run', 'disable', 'enable'];
/** What ends or takes back something is heard from anywhere. */
const fromAnywhere: Act[] = ['reject', 'abort', 'disable', 'publish'];
const wordOfPlace: Record<string, Word | null> = {
  own: null,
  shared: 'shared-channel',
  unknown: 'unknown-channel',
  foreign: 'wrong-channel',
  none: 'wrong-channel',
};
const wordOfFlag = { isBot: 'bot', isDeleted: 'deleted', isGuest: 'guest', isStranger: 'stranger' };

/** The word that it must be refused with; null when it must be permitted. */
export function rule(actor: string, act: Act, circumstances: Circumstances): Word | null {
  const inState = stateRule(act, circumstances);
  if (actor === 'operator') return onTheCommandLine.includes(act) ? inState : 'not-in-slack';
  if (act === 'withdraw') return inState;
  const inPlace = fromAnywhere.includes(act) ? null : wordOfPlace[circumstances.place];
  return (
    inPlace ??
    nameRule(actor, act, circumstances) ??
    flagRule(actor) ??
    inState ??
    freezeRule(actor, act, circumstances) ??
    factorRule(act, circumstances)
  );
}

function stateRule(act: Act, { state, level }: Circumstances): Word | null {
  if ((act === 'request' || act === 'rollback' || act === 'tidy') && level === 3) return 'disabled';
  if ((act === 'publish' || act === 'rule') && state !== 'no run' && state !== 'finished')
    return 'not-finished';
  return closedIn[state]?.[act] ?? null;
}

/** A doubtful approver is named like any other. */
const tableOf = (actor: string) =>
  named[actor.startsWith('approver, is') ? 'approver in one group' : actor] ?? {};

function nameRule(actor: string, act: Act, { state }: Circumstances): Word | null {
  const word = tableOf(actor)[act] ?? null;
  // Without a run there is nobody who asked for it.
  return word === 'requester' && state === 'no run' ? null : word;
}

function flagRule(actor: string): Word | null {
  const identity = people.get(actor);
  const flag = flags.find((one) => identity?.[one] !== false);
  return flag ? wordOfFlag[flag] : null;
}

function freezeRule(actor: string, act: Act, { freeze }: Circumstances): Word | null {
  if (act !== 'request' || freeze === 'none') return null;
  return freeze === 'frozen' ? 'freeze' : (tableOf(actor)['override-freeze'] ?? null);
}

function factorRule(act: Act, { factor, state }: Circumstances): Word | null {
  if (act !== 'approve' || factor === 'not asked for') return null;
  if (state === 'waiting, after wrong codes') return 'second-factor-locked';
  return factor === 'valid' ? null : `second-factor-${factor ?? 'missing'}`;
}

/** Every word with which somebody can be refused. */
export const everyWord = [
  'bot',
  'closed',
  'deleted',
  'disabled',
  'finished',
  'freeze',
  'guest',
  'no-approval',
  'not-a-requester',
  'not-an-approver',
  'not-finished',
  'not-in-slack',
  'not-permitted',
  'requester',
  'second-factor-locked',
  'second-factor-missing',
  'second-factor-none',
  'second-factor-used',
  'second-factor-wrong',
  'shared-channel',
  'stranger',
  'unknown-channel',
  'unknown-run',
  'user-group-unreadable',
  'wrong-channel',
];
