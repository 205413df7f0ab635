// Start here. Slack command → run → gate jobs → evidence → ledger → report and attestation → Slack thread.
//
// `up` is the whole of Interlock in one process; `bot` and `worker` are its two halves, joined by Redis. What a person may
// ask for is in commands/, what a gate decides is in jobs/, what comes next in a run is decided in src/run/decide.ts.
import { join } from 'node:path';
import { deploy } from '../commands/deploy.ts';
import { rollback as rollbackCommand } from '../commands/rollback.ts';
import { runs } from '../commands/runs.ts';
import { verify as verifyCommand } from '../commands/verify.ts';
import { artifact } from '../jobs/artifact.ts';
import { commandProof } from '../jobs/command-proof.ts';
import { databaseProof } from '../jobs/database-proof.ts';
import { decide } from '../jobs/decide.ts';
import { drift } from '../jobs/drift.ts';
import { gapReview } from '../jobs/gap-review.ts';
import { hostSurvey } from '../jobs/host-survey.ts';
import { observeLive } from '../jobs/observe-live.ts';
import { precheck } from '../jobs/precheck.ts';
import { probes } from '../jobs/probes.ts';
import { promote } from '../jobs/promote.ts';
import { prove } from '../jobs/prove.ts';
import { reconcile } from '../jobs/reconcile.ts';
import { report } from '../jobs/report.ts';
import { rollback } from '../jobs/rollback.ts';
import { rollbackReadiness } from '../jobs/rollback-readiness.ts';
import { stage } from '../jobs/stage.ts';
import { survey } from '../jobs/survey.ts';
import { test } from '../jobs/test.ts';
import { tidy } from '../jobs/tidy.ts';
import { verify } from '../jobs/verify.ts';
import { publicKeyPem, type SigningKey } from './attestation/keys.ts';
import { openKeys } from './attestation/open-keys.ts';
import { openWorkerKey } from './attestation/worker-key.ts';
import { loadSettings, type Purpose, type Settings } from './config/load.ts';
import { redactorFor } from './config/redactor-for.ts';
import { controlRole, ownWorker } from './config/trusted-workers.ts';
import { type ControlPlane, type Log, startControlPlane } from './control-plane/start.ts';
import { redactingLog } from './evidence/redacting-log.ts';
import { openEvidenceStore } from './evidence/store.ts';
import { createKillSwitch } from './execution/kill-switch.ts';
import { openNonces } from './execution/nonces.ts';
import type { Gate } from './gate/context.ts';
import { holdControlPlaneLock } from './ledger/control-plane-lock.ts';
import { openEmbeddedDatabase } from './ledger/embedded-database.ts';
import { migrate } from './ledger/migrate.ts';
import { openPostgresDatabase } from './ledger/postgres-database.ts';
import { whileHeld } from './ledger/while-held.ts';
import type { QueueConnection } from './queue/connection.ts';
import { openSignals } from './queue/open-signals.ts';
import { requireDurableRedis } from './queue/require-durable-redis.ts';
import type { Signals } from './queue/signals.ts';
import { loadWorkerKey } from './worker/load-worker-key.ts';
import { startWorker } from './worker/start-worker.ts';

export const gates: readonly Gate[] = [
  precheck,
  survey,
  reconcile,
  test,
  artifact,
  stage,
  drift,
  promote,
  prove,
  verify,
  probes,
  hostSurvey,
  commandProof,
  databaseProof,
  decide,
  gapReview,
  rollbackReadiness,
  rollback,
  observeLive,
  tidy,
  report,
];
export const commands = [deploy, verifyCommand, runs, rollbackCommand];

export interface Running {
  /** Stops taking work, lets what runs end for at most `drainMs`, then stops it. */
  stop(drainMs: number): Promise<void>;
  /** Aborts, with the reason, when this process must end because another control plane has taken its place. */
  readonly lost?: AbortSignal | undefined;
}

/** Reads the configuration of this process. Throws ConfigError with every fault. */
export function settingsFor(purpose: Purpose, file: string | undefined): Settings {
  return loadSettings(purpose, file, process.env);
}

/** Bot and workers in one process; embedded ledger and queue unless REDIS_URL and DATABASE_URL say otherwise. */
export async function up(settings: Settings, log: Log): Promise<Running & ControlPlane> {
  return controlPlane(settings, redactingLog(log, redactorFor(settings)), settings.worker.roles);
}

/** The control plane alone; workers elsewhere. */
export async function bot(settings: Settings, log: Log): Promise<Running & ControlPlane> {
  return controlPlane(settings, redactingLog(log, redactorFor(settings)), []);
}

async function controlPlane(
  settings: Settings,
  log: Log,
  roles: readonly string[],
): Promise<Running & ControlPlane> {
  let drainMs = 0;
  await using started = new AsyncDisposableStack();
  const parts = await openParts(settings, log);
  started.defer(parts.close);
  const keys = await openKeys(join(settings.data, 'keys'));
  const workerKey = await openWorkerKey(join(settings.data, 'worker-keys'));
  const workers = [...settings.workers, ownWorker(settings, workerKey, [controlRole, ...roles])];
  const plane = await startControlPlane({
    settings,
    keys,
    workerKey,
    workers,
    ...parts,
    commands,
    gates,
    log,
  });
  started.defer(() => plane.stop(drainMs));
  const worker = await serve(settings, roles, parts, [keys.signing.publicKey], workerKey, log);
  started.defer(() => worker.close(drainMs));
  const running = started.move();
  return {
    ...plane,
    lost: parts.lost,
    async stop(ms) {
      drainMs = ms;
      await running.disposeAsync();
    },
  };
}

/** Workers of these roles alone, on Redis. */
export async function worker(settings: Settings, roles: readonly string[], unsafeLog: Log): Promise<Running> {
  const log = redactingLog(unsafeLog, redactorFor(settings));
  const connection = redisConnection(settings);
  const signals = await openSignals(connection, log);
  const key = await loadWorkerKey(settings);
  const workerKey = await openWorkerKey(join(settings.data, 'worker-keys'));
  log.info(
    { keyId: workerKey.keyId, publicKey: publicKeyPem(workerKey) },
    'this worker signs its results; the control plane believes them once it names this key under `workers`',
  );
  const running = await serve(settings, roles, { connection, signals }, [key], workerKey, log);
  return {
    async stop(drainMs) {
      await running.close(drainMs);
      await signals.close();
    },
  };
}

async function serve(
  settings: Settings,
  roles: readonly string[],
  { connection, signals }: { connection: QueueConnection; signals: Signals },
  publicKeys: Parameters<typeof createKillSwitch>[1],
  signingKey: SigningKey,
  log: Log,
) {
  return startWorker({
    machine: settings.machine,
    workspaces: join(settings.data, 'workspaces'),
    blobs: await openEvidenceStore(join(settings.data, 'evidence')),
    publicKeys,
    signingKey,
    nonces: await openNonces(join(settings.data, 'authorizations'), Date.now),
    killSwitch: createKillSwitch(signals, publicKeys, Date.now),
    credentials: settings.credentials,
    secrets: settings.secrets,
    redactor: redactorFor(settings),
    now: () => new Date(),
    connection,
    signals,
    roles,
    concurrency: settings.worker.concurrency,
    gates,
    log,
  });
}

/** Ledger, queue and signals: the real ones by URL, else the embedded ones, which share one PGlite in the data directory. */
async function openParts(settings: Settings, log: Log) {
  const { databaseUrl, redisUrl, data } = settings;
  await using opened = new AsyncDisposableStack();
  if (redisUrl !== undefined && settings.execution === 'enabled') await requireDurableRedis(redisUrl);
  const embedded =
    databaseUrl === undefined || redisUrl === undefined
      ? await openEmbeddedDatabase({ directory: join(data, 'ledger') })
      : null;
  if (embedded) opened.defer(() => embedded.close());
  // Before anything of the database is read or migrated: a second control plane must find nothing to do.
  const lock = databaseUrl === undefined ? undefined : await holdControlPlaneLock({ dsn: databaseUrl, log });
  if (lock) opened.defer(() => lock.release());
  const database =
    databaseUrl === undefined || lock === undefined
      ? embedded
      : whileHeld(await openPostgresDatabase({ dsn: databaseUrl, log }), lock);
  if (!database) throw new RangeError('expected a database, embedded or by URL');
  if (database !== embedded) opened.defer(() => database.close());
  await migrate(database);
  const connection: QueueConnection =
    embedded && redisUrl === undefined ? { kind: 'embedded', database: embedded } : redisConnection(settings);
  const signals = await openSignals(connection, log);
  opened.defer(() => signals.close());
  const closing = opened.move();
  return { database, connection, signals, lost: lock?.lost, close: () => closing.disposeAsync() };
}

function redisConnection({ redisUrl }: Settings): QueueConnection {
  if (redisUrl === undefined) throw new RangeError('expected REDIS_URL');
  return { kind: 'redis', url: redisUrl };
}
