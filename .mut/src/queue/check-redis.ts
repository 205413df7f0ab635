import { QueueError } from './queue-error.ts';
import { connectFailFast, describeRedis } from './redis-client.ts';

export interface RedisFault {
  code: 'unreachable' | 'too-old' | 'no-aof' | 'evicts';
  /** What was expected and what was found. */
  message: string;
  /** What to do about it. */
  mend: string;
}

const OLDEST: readonly [major: number, minor: number] = [6, 2];

/**
 * Checks what a LIVE run demands of Redis (or Valkey): version 6.2, an append-only file, and no eviction.
 * A server that may forget jobs must not carry a deploy. Returns every fault; none means fit.
 */
export async function checkRedis(url: string): Promise<RedisFault[]> {
  const client = await connectFailFast(url).catch((error: unknown) => {
    if (error instanceof QueueError && error.code === 'queue-unavailable') return undefined;
    throw error;
  });
  if (client === undefined) {
    const message = `expected Redis to answer at ${describeRedis(url)}, got no connection`;
    return [{ code: 'unreachable', message, mend: 'start Redis, or correct REDIS_URL' }];
  }
  try {
    // INFO, not CONFIG GET: hosted servers often forbid the latter.
    return judgeInfo(parseInfo(await client.info()));
  } finally {
    client.disconnect();
  }
}

/** Judges the fields of Redis' INFO. A field that is missing counts as a fault, never as fit. */
export function judgeInfo(info: ReadonlyMap<string, string>): RedisFault[] {
  const faults: RedisFault[] = [];
  const version = info.get('redis_version') ?? 'none';
  if (!isRecent(version)) {
    faults.push({
      code: 'too-old',
      message: `expected Redis ${OLDEST.join('.')} or newer, got ${version}`,
      mend: 'upgrade Redis, or use Valkey 7.2 or newer',
    });
  }
  const aof = info.get('aof_enabled') ?? 'none';
  if (aof !== '1') {
    faults.push({
      code: 'no-aof',
      message: `expected aof_enabled 1, got ${aof}: a crash of Redis would lose accepted jobs`,
      mend: 'set "appendonly yes" in redis.conf, or CONFIG SET appendonly yes',
    });
  }
  const policy = info.get('maxmemory_policy') ?? 'none';
  if (policy !== 'noeviction') {
    faults.push({
      code: 'evicts',
      message: `expected maxmemory_policy noeviction, got ${policy}: Redis could drop jobs when memory is short`,
      mend: 'set "maxmemory-policy noeviction" in redis.conf, or CONFIG SET maxmemory-policy noeviction',
    });
  }
  return faults;
}

/** Reads the `field:value` lines of Redis' INFO. */
export function parseInfo(text: string): Map<string, string> {
  const fields = text
    .split('\r\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return new Map(fields);
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
