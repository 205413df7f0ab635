/**
 * Small state and broadcasts that the control plane and the workers share, such as the kill switch and aborts.
 * Whoever can write to Redis can write here: a reader must verify a signature before it believes a permission.
 */
export interface Signals {
  /** Keeps a value, for `ttlMs` milliseconds if given. */
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  /** The value now, or null when it was never set or has expired. */
  get(key: string): Promise<string | null>;
  /** Sends to those who are subscribed at this moment; it is not kept. */
  publish(topic: string, message: string): Promise<void>;
  /** Resolves once the subscription holds, to the function that ends it. Messages during an outage are lost. */
  subscribe(topic: string, listener: (message: string) => void): Promise<() => Promise<void>>;
  /** Calls back each time the store can be reached again after a loss; what was kept there may be gone. Returns how to stop. */
  onReconnect(listener: () => void): () => void;
  close(): Promise<void>;
}
