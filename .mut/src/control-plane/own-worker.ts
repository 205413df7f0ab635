// The control plane's own worker: it decides the report gate, where the signing keys are.
import { join } from 'node:path';
import type { SigningKey, SigningKeys } from '../attestation/keys.ts';
import type { Settings } from '../config/load.ts';
import { controlRole } from '../config/trusted-workers.ts';
import type { Redactor } from '../evidence/redact.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { createKillSwitch } from '../execution/kill-switch.ts';
import { openNonces } from '../execution/nonces.ts';
import type { Gate } from '../gate/context.ts';
import type { QueueConnection } from '../queue/connection.ts';
import type { Signals } from '../queue/signals.ts';
import type { WorkerParts } from '../worker/make-context.ts';
import { startWorker, type WorkerOptions } from '../worker/start-worker.ts';

export interface OwnWorkerOptions {
  readonly settings: Pick<Settings, 'machine' | 'data'>;
  readonly keys: SigningKeys;
  readonly workerKey: SigningKey;
  readonly evidence: EvidenceStore;
  readonly redactor: Redactor;
  readonly reports: NonNullable<WorkerParts['control']>;
  readonly connection: QueueConnection;
  readonly signals: Signals;
  readonly gates: readonly Gate[];
  readonly log: WorkerOptions['log'];
}

/** Starts it. It holds no way to any host, and no secret of a worker. */
export async function startOwnWorker(options: OwnWorkerOptions): ReturnType<typeof startWorker> {
  const { settings, keys, workerKey, evidence, reports, signals, ...shared } = options;
  const publicKeys = [keys.signing.publicKey];
  return startWorker({
    ...shared,
    machine: settings.machine,
    workspaces: join(settings.data, 'workspaces'),
    blobs: evidence,
    publicKeys,
    signingKey: workerKey,
    killSwitch: createKillSwitch(signals, publicKeys, Date.now),
    nonces: await openNonces(join(settings.data, 'authorizations'), Date.now),
    credentials: {},
    secrets: new Map(),
    now: () => new Date(),
    control: reports,
    signals,
    roles: [controlRole],
    concurrency: 2,
  });
}
