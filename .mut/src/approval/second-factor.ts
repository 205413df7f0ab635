// A consent's second factor: what came of the code that the approver typed. Pure.
import type { Reason } from '../run/gate-result.ts';
import type { Scene } from './authorize.ts';
import type { Identity } from './identity.ts';

/** `used`: the code was right, and had been used before. `none`: this person has no authenticator enrolled. */
export type SecondFactor = 'valid' | 'wrong' | 'used' | 'none' | 'missing';

/** Wrong codes that one person may give for one approval; after them no code of theirs counts for it. */
export const mostWrongCodes = 5;

export function refusalOfSecondFactor({ id, name }: Identity, scene: Scene): Reason | null {
  if (scene.policy.secondFactor === 'none') return null;
  if ((scene.run?.approval?.wrongCodes[id] ?? 0) >= mostWrongCodes)
    return {
      code: 'second-factor-locked',
      text: `${name} gave ${mostWrongCodes} wrong codes for this approval; another approver must consent, or the run be started anew.`,
    };
  switch (scene.secondFactor ?? 'missing') {
    case 'valid':
      return null;
    case 'missing':
      return {
        code: 'second-factor-missing',
        text: 'This plan asks for a code of your authenticator app: press *Approve* on the message and type it there.',
      };
    case 'none':
      return {
        code: 'second-factor-none',
        text: `${name} has no authenticator app enrolled here; see \`interlock totp enrol\`.`,
      };
    case 'used':
      return {
        code: 'second-factor-used',
        text: 'This code was used before; wait until your authenticator app shows the next one, and type that.',
      };
    case 'wrong':
      return {
        code: 'second-factor-wrong',
        text: 'This code is wrong; type the one that your authenticator app shows now.',
      };
  }
}
