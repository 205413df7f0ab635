// Who may turn the execution switch for all plans, as a policy that `authorize` can read.
import { permitted } from '../approval/permissions.ts';
import type { Settings } from '../config/load.ts';
import type { Plan } from '../plan/schema.ts';

/** Everybody who may pull the brake for one plan may pull it for all, unless the configuration names people for it. */
export function installationPolicy(
  { disable, enable }: Settings['switch'],
  plans: readonly Plan[],
): Plan['approval'] {
  const anybody = plans.flatMap(({ approval }) => permitted(approval, 'disable'));
  return {
    channels: [],
    requesters: [],
    groups: {},
    permissions: {
      rule: [],
      overrideFreeze: [],
      unlock: [],
      disable: disable ?? [...new Set([...anybody, ...enable])],
      enable,
    },
    secondFactor: 'none',
    freezes: [],
    expiresAfterMinutes: 1,
  };
}
