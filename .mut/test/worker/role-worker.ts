// A worker of the role without queue or control plane: it answers a job with one gate, on a real host.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { SigningKey } from '../../src/attestation/keys.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { openEvidenceStore } from '../../src/evidence/store.ts';
import type { KillSwitch } from '../../src/execution/kill-switch.ts';
import { openNonces } from '../../src/execution/nonces.ts';
import type { Gate } from '../../src/gate/context.ts';
import type { GateJob } from '../../src/gate/job.ts';
import { jobAnswerer } from '../../src/worker/answer-job.ts';
import { contextMaker } from '../../src/worker/make-context.ts';

export interface RoleWorkerParts {
  /** Its data directory. */
  readonly data: string;
  readonly gate: Gate;
  readonly publicKeys: readonly KeyObject[];
  readonly signingKey: SigningKey;
  /** File with the login's private key. */
  readonly privateKey: string;
  readonly killSwitch?: KillSwitch;
}

/** Resolves with the function that takes a job; `start` counts its starts. */
export async function roleWorker(parts: RoleWorkerParts) {
  const { data, gate, publicKeys, signingKey, privateKey } = parts;
  const nonces = await openNonces(join(data, 'authorizations'), Date.now);
  const makeContext = contextMaker({
    machine: 'mac-ssot',
    workspaces: join(data, 'workspaces'),
    blobs: await openEvidenceStore(join(data, 'evidence')),
    publicKeys,
    killSwitch: parts.killSwitch ?? { read: async () => ({ enabled: true, reason: 'test' }) },
    nonces,
    credentials: { deploy: { privateKey } },
    secrets: new Map(),
    redactor: createRedactor({ literals: [] }),
    now: () => new Date(),
  });
  const log = { info: () => undefined, warn: () => undefined };
  const answer = jobAnswerer({ gates: [gate], makeContext, publicKeys, signingKey, nonces, log });
  return (job: GateJob, start = 1, signal = new AbortController().signal) =>
    answer(job, start, signal, async () => undefined);
}
