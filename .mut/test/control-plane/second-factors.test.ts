import { TOTP, Secret as TotpSecret } from 'otpauth';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSecondFactor } from '../../src/control-plane/second-factors.ts';
import { Inbox } from '../../src/ledger/inbox.ts';
import { newTotpSecret } from '../../src/totp/totp.ts';
import { databases, type OpenDatabase } from '../ledger/open-databases.ts';

const noon = Date.parse('2026-05-21T12:00:10.000Z');
const secrets = new Map(['U0ALICE', 'U0BOB', 'U0CAROL'].map((id) => [id, newTotpSecret()]));
const codeOf = (user: string, steps = 0) =>
  TOTP.generate({
    secret: TotpSecret.fromBase32(secrets.get(user)?.reveal() ?? ''),
    timestamp: noon + steps * 30_000,
  });

let opened: OpenDatabase;
beforeAll(async () => {
  const [embedded] = databases;
  if (!embedded) throw new Error('expected the embedded database, got none');
  opened = await embedded.open();
});
afterAll(() => opened?.close());

/** As another start of the control plane on the same data would have it. */
const start = (now = noon) =>
  createSecondFactor({ secrets, inbox: new Inbox(opened.database), now: () => now });

it('takes each code once, also after a restart and as the next step’s neighbour', async () => {
  expect(await start()('U0ALICE', codeOf('U0ALICE'))).toBe('valid');
  expect(await start()('U0ALICE', codeOf('U0ALICE'))).toBe('used');
  expect(await start(noon + 30_000)('U0ALICE', codeOf('U0ALICE'))).toBe('used');
  expect(await start(noon + 60_000)('U0ALICE', codeOf('U0ALICE'))).toBe('wrong');
  expect(await start()('U0ALICE', codeOf('U0ALICE', 1))).toBe('valid');
  expect(await start()('U0ALICE', codeOf('U0ALICE', -1))).toBe('valid');
});

it('lets one of many come first that bring the same code at once', async () => {
  const judged = await Promise.all(Array.from({ length: 8 }, () => start()('U0BOB', codeOf('U0BOB'))));
  expect(judged.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'used'), 'valid']);
});

it('knows one person’s code from another’s, and who has none', async () => {
  expect(await start()('U0CAROL', codeOf('U0ALICE'))).toBe('wrong');
  expect(await start()('U0CAROL', codeOf('U0CAROL'))).toBe('valid');
  expect(await start()('U0DAVE', codeOf('U0CAROL', 1))).toBe('none');
});
