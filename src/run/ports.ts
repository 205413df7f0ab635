// What the coordinator needs of the outside. The real parts are wired in main.ts.
import type { Json } from '../plan/schema-scalars.ts';

export interface LedgerPort {
  append(
    stream: string,
    expectedSeq: number,
    events: readonly { type: string; data: Json }[],
    options?: { close?: boolean; afterEnd?: boolean; label?: string },
  ): Promise<unknown>;
  read(
    stream: string,
  ): Promise<readonly { seq: number; at: string; type: string; data: Json; hash: string }[]>;
  streams(filter: {
    prefix?: string;
    limit?: number;
    openOnly?: boolean;
    label?: string;
  }): Promise<readonly { stream: string; head: { seq: number } }[]>;
}

export type JobOutcome =
  | { readonly state: 'absent' }
  /** `startedAt` (RFC 3339, UTC): of the last start; a job that is waiting may have been begun and given back. */
  | { readonly state: 'waiting' | 'active'; readonly startedAt?: string }
  | { readonly state: 'completed'; readonly value: unknown }
  | { readonly state: 'failed'; readonly reason: string };

export interface QueuePort {
  enqueue(role: string, jobId: string, data: Json): Promise<void>;
  outcome(role: string, jobId: string): Promise<JobOutcome>;
  /** Takes a job off the queue that no worker holds; false when one holds it, or there is none. */
  withdraw(role: string, jobId: string): Promise<boolean>;
}

export interface EvidencePort {
  put(bytes: Uint8Array | string): Promise<{ digest: string; bytes: number }>;
}
