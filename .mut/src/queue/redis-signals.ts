import { reachQueue } from './queue-error.ts';
import type { QueueLog } from './queue-log.ts';
import { connectFailFast, PatientRedis } from './redis-client.ts';
import type { Signals } from './signals.ts';

const PREFIX = 'interlock:signal:';

type Listener = (message: string) => void;

/** Signals over Redis: GET and SET for state, PUBLISH and SUBSCRIBE for broadcasts. */
export async function openRedisSignals(url: string, log?: QueueLog): Promise<Signals> {
  const client = await connectFailFast(url, log);
  const topics = new Map<string, Set<Listener>>();
  // Patient, because ioredis subscribes again by itself after a drop.
  const subscriber = new PatientRedis(url);
  subscriber.on('error', (error) => log?.warn({ err: error }, 'the signal subscription reported an error'));
  subscriber.on('message', (channel, message) => {
    for (const listener of topics.get(channel) ?? []) listener(message);
  });

  return {
    async set(key, value, ttlMs) {
      await reachQueue(`keep the signal ${key}`, () =>
        ttlMs === undefined ? client.set(PREFIX + key, value) : client.set(PREFIX + key, value, 'PX', ttlMs),
      );
    },
    get: (key) => reachQueue(`tell the signal ${key}`, () => client.get(PREFIX + key)),
    async publish(topic, message) {
      await reachQueue(`send on ${topic}`, () => client.publish(PREFIX + topic, message));
    },
    async subscribe(topic, listener) {
      const channel = PREFIX + topic;
      const listeners = topics.get(channel) ?? new Set();
      topics.set(channel, listeners);
      listeners.add(listener);
      // Also for a second listener: it must not be told that the subscription holds before it does.
      await reachQueue(`subscribe to ${topic}`, () => subscriber.subscribe(channel));
      return async () => {
        listeners.delete(listener);
        if (listeners.size > 0 || topics.get(channel) !== listeners) return;
        topics.delete(channel);
        if (subscriber.status === 'ready') await subscriber.unsubscribe(channel);
      };
    },
    onReconnect(listener) {
      client.on('ready', listener);
      return () => void client.off('ready', listener);
    },
    async close() {
      topics.clear();
      subscriber.disconnectAll();
      client.disconnect();
    },
  };
}
