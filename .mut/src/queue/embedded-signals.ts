import { EventEmitter } from 'node:events';
import type { EmbeddedDatabase } from '../ledger/embedded-database.ts';
import type { Signals } from './signals.ts';

interface Hub {
  values: Map<string, { value: string; expiresAt: number }>;
  topics: EventEmitter;
}

// Bot and workers of one process open their signals separately and must meet in the same place.
const hubs = new WeakMap<EmbeddedDatabase, Hub>();

/** Signals inside this process, shared by everyone who uses the same embedded database. */
export function embeddedSignals(database: EmbeddedDatabase): Signals {
  const { values, topics } = hubOf(database);
  const subscribed = new Set<() => void>();

  return {
    async set(key, value, ttlMs) {
      values.set(key, {
        value,
        expiresAt: ttlMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + ttlMs,
      });
    },
    async get(key) {
      const kept = values.get(key);
      if (kept === undefined) return null;
      if (kept.expiresAt > Date.now()) return kept.value;
      values.delete(key);
      return null;
    },
    async publish(topic, message) {
      // Later, as over a network: a listener's fault must not become the sender's.
      queueMicrotask(() => topics.emit(`topic ${topic}`, message));
    },
    async subscribe(topic, listener) {
      const heard = (message: string) => listener(message);
      const stop = () => {
        topics.off(`topic ${topic}`, heard);
        subscribed.delete(stop);
      };
      topics.on(`topic ${topic}`, heard);
      subscribed.add(stop);
      return async () => stop();
    },
    // It lives and dies with this process.
    onReconnect: () => () => undefined,
    async close() {
      for (const stop of subscribed) stop();
    },
  };
}

function hubOf(database: EmbeddedDatabase): Hub {
  const known = hubs.get(database);
  if (known !== undefined) return known;
  const hub = { values: new Map(), topics: new EventEmitter().setMaxListeners(0) };
  hubs.set(database, hub);
  return hub;
}
