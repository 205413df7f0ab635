import { afterEach, describe, expect, it } from 'vitest';
import { checkRedis, judgeInfo } from '../../src/queue/check-redis.ts';
import { type RedisFixture, startRedis } from '../fixtures/redis.ts';

describe('checkRedis', () => {
  const started: RedisFixture[] = [];
  const start = async (args: string[]) => {
    const redis = await startRedis({ args });
    started.push(redis);
    return redis.url;
  };
  afterEach(() => Promise.all(started.splice(0).map((redis) => redis.close())));

  it('finds no fault in a Redis that keeps what it accepts', async () => {
    expect(await checkRedis(await start([]))).toEqual([]);
  });

  it('names every fault at once, each with its mend', async () => {
    const faults = await checkRedis(await start(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']));
    expect(faults.map(({ code }) => code)).toEqual(['no-aof', 'evicts']);
    for (const { mend } of faults) expect(mend).toMatch(/^set "/);
  });

  it('reports a Redis that does not answer', async () => {
    expect(await checkRedis('redis://127.0.0.1:1')).toMatchObject([{ code: 'unreachable' }]);
  });

  it.each([
    ['6.0.16', ['too-old']],
    ['6.2.0', []],
    ['7.2.4', []],
    ['none', ['too-old']],
  ])('judges version %s', (version, codes) => {
    const info = new Map([
      ['redis_version', version],
      ['aof_enabled', '1'],
      ['maxmemory_policy', 'noeviction'],
    ]);
    expect(judgeInfo(info).map(({ code }) => code)).toEqual(codes);
  });

  it('takes missing facts for faults', () => {
    expect(judgeInfo(new Map()).map(({ code }) => code)).toEqual(['too-old', 'no-aof', 'evicts']);
  });
});
