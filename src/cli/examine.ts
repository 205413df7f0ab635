// What `interlock doctor` looks at; each fault with its mend.
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { userGroupsIn } from '../approval/identity.ts';
import { AttestationError } from '../attestation/attestation-error.ts';
import { keysCommand, loadSigningKeys } from '../attestation/keys.ts';
import type { Settings } from '../config/load.ts';
import type { TimestampAuthority } from '../config/read-timestamp-authority.ts';
import { openPublisher, publisherParts } from '../control-plane/open-publisher.ts';
import { requestTimestamp } from '../control-plane/request-timestamp.ts';
import { HostError } from '../host/host-error.ts';
import { SshHost } from '../host/ssh-host.ts';
import { openPostgresDatabase } from '../ledger/postgres-database.ts';
import { formatFault, PlanError } from '../plan/faults.ts';
import { faultsOf, listPlanFiles, loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/schema.ts';
import { checkRedis } from '../queue/check-redis.ts';
import { examineWorkspace } from '../slack/examine-workspace.ts';
import { examineWorkers } from './examine-workers.ts';

export interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

/** Looks at everything that a configuration points at. Changes nothing. */
export async function* examine(settings: Settings): AsyncGenerator<Finding> {
  yield {
    ok: true,
    text: `configuration read; this machine is ${settings.machine}; execution is ${settings.execution}`,
  };
  yield* examineQueue(settings);
  yield await examineDatabase(settings);
  yield await examineKeys(settings);
  if (settings.timestampAuthority) yield await examineTimestampAuthority(settings.timestampAuthority);
  const plans: Plan[] = [];
  yield* examinePlans(settings, plans);
  yield* examineWorkers(settings, plans);
  yield* examineSecondFactors(settings, plans);
  yield* examineWorkspace({
    botToken: settings.slack.botToken.reveal(),
    apiUrl: settings.slack.apiUrl,
    channels: [...new Set(plans.flatMap(({ approval }) => approval.channels))],
  });
  yield* examineHosts(settings, plans);
  yield* examineKnowledgeBases(settings, plans);
}

async function* examineQueue({ redisUrl }: Settings): AsyncGenerator<Finding> {
  if (redisUrl === undefined) {
    yield { ok: true, text: 'queue: embedded' };
    return;
  }
  const faults = await checkRedis(redisUrl);
  for (const { message, mend } of faults) yield { ok: false, text: `queue: ${message}; ${mend}` };
  if (faults.length === 0) yield { ok: true, text: 'queue: Redis, append-only, without eviction' };
}

async function examineDatabase({ databaseUrl, data }: Settings): Promise<Finding> {
  if (databaseUrl === undefined) {
    const writable = await access(data, constants.W_OK).then(
      () => true,
      () => false,
    );
    return { ok: true, text: `ledger: embedded in ${data}${writable ? '' : ' (made at the first start)'}` };
  }
  try {
    const database = await openPostgresDatabase({ dsn: databaseUrl });
    await database.query('select 1');
    await database.close();
    return { ok: true, text: 'ledger: PostgreSQL answers' };
  } catch (error) {
    return {
      ok: false,
      text: `ledger: expected PostgreSQL at DATABASE_URL to answer: ${error instanceof Error ? error.message : String(error)}; start it, or mend the URL`,
    };
  }
}

async function examineKeys({ data }: Settings): Promise<Finding> {
  const directory = join(data, 'keys');
  try {
    const { signing } = await loadSigningKeys(directory);
    return { ok: true, text: `keys: ${signing.keyId}` };
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    if (error.code === 'key-missing')
      return {
        ok: true,
        text: `keys: none yet; made at the first start, or by ${keysCommand('init', directory)}`,
      };
    return { ok: false, text: `keys: ${error.message}` };
  }
}

/** Asks it for a stamp of this very question. */
export async function examineTimestampAuthority(authority: TimestampAuthority): Promise<Finding> {
  const { url } = authority;
  const answer = await requestTimestamp(authority, 'interlock doctor');
  return answer.ok
    ? { ok: true, text: `time stamp authority: ${url} answers as ${answer.stamp.authority}` }
    : { ok: false, text: `time stamp authority: expected a stamp from ${url}, got none: ${answer.reason}` };
}

async function* examinePlans({ plans }: Settings, found: Plan[]): AsyncGenerator<Finding> {
  try {
    for (const file of await listPlanFiles(plans)) {
      const faults = await faultsOf(file);
      for (const fault of faults) yield { ok: false, text: `plan ${formatFault(fault)}` };
      if (faults.length > 0) continue;
      const plan = await loadPlan(file);
      found.push(plan);
      yield { ok: true, text: `plan ${plan.name}: clean` };
    }
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    yield { ok: false, text: `plans: ${error.message}` };
  }
}

/** Whether every approver who is named in a plan with a second factor can give one. */
export function* examineSecondFactors(
  { secondFactors }: Pick<Settings, 'secondFactors'>,
  plans: readonly Plan[],
): Generator<Finding> {
  for (const { name, approval } of plans) {
    if (approval.secondFactor === 'none') continue;
    const members = [...new Set(Object.values(approval.groups).flatMap((group) => group.members))];
    const groups = userGroupsIn(members);
    const missing = members.filter((id) => !groups.includes(id) && !secondFactors.has(id));
    for (const id of missing)
      yield {
        ok: false,
        text: `second factor of ${name}: expected the approver ${id} to be enrolled, got nothing; run: interlock totp enrol --user ${id} --file PATH`,
      };
    if (groups.length > 0)
      yield {
        ok: true,
        text: `second factor of ${name}: whether the members of ${groups.join(', ')} are enrolled cannot be known here; who is not cannot approve`,
      };
    if (missing.length === 0)
      yield { ok: true, text: `second factor of ${name}: every approver who is named is enrolled` };
  }
}

async function* examineKnowledgeBases(settings: Settings, plans: readonly Plan[]): AsyncGenerator<Finding> {
  for (const { name, reports } of plans) {
    const { readable, writable, detail } = await openPublisher(reports, publisherParts(settings)).examine();
    yield { ok: readable && writable, text: `knowledge base of ${name}: ${detail}` };
  }
}

async function* examineHosts({ credentials }: Settings, plans: readonly Plan[]): AsyncGenerator<Finding> {
  for (const plan of plans) {
    for (const [name, { address, port, user, hostKey, credential }] of Object.entries(plan.hosts)) {
      const privateKeyPath = credentials[credential]?.privateKey;
      const label = `host ${name} of ${plan.name} (${user}@${address}:${port})`;
      if (privateKeyPath === undefined) {
        yield {
          ok: false,
          text: `${label}: expected a credential ${credential} in the configuration, got none; add credentials/${credential}/privateKey`,
        };
        continue;
      }
      const host = new SshHost({ name, address, port, user, hostKey, privateKeyPath });
      try {
        await host.run({ effect: 'observe', title: 'say hello', argv: ['true'] });
        yield { ok: true, text: `${label}: SSH works with the pinned host key` };
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        yield {
          ok: false,
          text: `${label}: ${error.message}; check address, port, user and hostKey of hosts.${name} in the plan, and that the host accepts this key`,
        };
      } finally {
        await host.close();
      }
    }
  }
}
