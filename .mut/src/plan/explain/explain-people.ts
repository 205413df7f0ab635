// Who may start a run, whom it asks, how many must consent, and when not. Pure.
import { consentKinds } from '../gate-traits.ts';
import type { Plan } from '../schema.ts';
import type { Freeze } from '../schema-freeze.ts';
import { needsConsent } from './explain-gates.ts';
import { counted, listed, minutes, people } from './words.ts';

export function explainPeople(plan: Plan): string[] {
  const { approval, operation, name } = plan;
  const { channels, requesters, permissions } = approval;
  return [
    `Started by typing /${operation} ${name} in the channel ${listed(channels)}, by ${people(requesters)}.`,
    ...explainConsent(plan),
    `An open run can be ended by ${people(permissions.abort ?? requesters)} (/runs abort); a way back that has begun goes on.`,
    ...(operation === 'deploy' && plan.gates.some(({ kind }) => kind === 'promote')
      ? [
          `The way back can be asked for later by ${people(permissions.rollback ?? requesters)} (/rollback); it needs an approval of its own.`,
        ]
      : []),
    `A report can be published again by ${people(permissions.publish ?? requesters)}; a ruling on the finished run is given by ${people(permissions.rule)}.`,
  ].map((line) => `  ${line}`);
}

function explainConsent({ approval, gates, mode, operation }: Plan): string[] {
  if (!gates.some(needsConsent)) return ['It asks nobody: nothing of this plan needs consent.'];
  if (mode === 'DRYRUN') return ['As a DRYRUN it asks nobody: there is nothing to consent to.'];
  const changes = gates.some(({ kind }) => consentKinds.has(kind));
  const groups = Object.entries(approval.groups).map(([group, { members, quorum }]) => {
    const isOpen = members.some((id) => id.startsWith('S'));
    return `- ${group}: ${counted(quorum, 'person', 'people')} of ${people(members)}${isOpen ? ', as the group is when somebody votes' : ''}`;
  });
  return [
    `It asks, by a message in the thread that shows all evidence so far, for the consent of ${groups.length === 1 ? 'this group' : 'each of these groups'}:`,
    ...groups,
    'One person counts once, and whoever started the run never. A consent is for exactly what was shown: if that changes, it is void. It can be taken back until it is used.',
    approval.secondFactor === 'totp'
      ? 'Each of them must also give a code of their authenticator app.'
      : 'A reaction or a button is enough; no second factor is asked for.',
    `Without enough consents within ${minutes(approval.expiresAfterMinutes)} the run ends, and ${changes ? 'what is live stays as it is' : 'nothing is decided'}.`,
    ...(operation === 'deploy' ? explainFreezes(approval) : ['No freeze holds up a way back.']),
  ];
}

function explainFreezes({ freezes, permissions }: Plan['approval']): string[] {
  if (freezes.length === 0) return ['There is no freeze: it may go live at any time.'];
  return [
    'Nothing goes live in a freeze; the way back always may:',
    ...freezes.map((freeze) => `- ${freezeWords(freeze)}`),
    `A freeze can be overridden by ${people(permissions.overrideFreeze)}, with a reason that the report shows.`,
  ];
}

export function freezeWords(freeze: Freeze): string {
  return 'weekly' in freeze
    ? `${freeze.title}: every week from ${freeze.weekly.from} to ${freeze.weekly.to}, ${freeze.timeZone}`
    : `${freeze.title}: from ${freeze.from} to ${freeze.to}, ${freeze.timeZone}`;
}
