// The control plane: ledger, coordinator, Slack, the execution switch, and the worker of the report gate.
import { join } from 'node:path';
import { z } from 'zod';
import type { SigningKeys } from '../attestation/keys.ts';
import type { Settings } from '../config/load.ts';
import { redactorFor } from '../config/redactor-for.ts';
import { type EvidenceStore, openEvidenceStore } from '../evidence/store.ts';
import { signAuthorization } from '../execution/authorization.ts';
import { createKillSwitch, publishSwitch } from '../execution/kill-switch.ts';
import type { Gate } from '../gate/context.ts';
import type { Database } from '../ledger/database.ts';
import { Inbox } from '../ledger/inbox.ts';
import { Ledger } from '../ledger/ledger.ts';
import { LedgerError } from '../ledger/ledger-error.ts';
import { Postings } from '../ledger/postings.ts';
import { findPlan } from '../plan/load.ts';
import { gateKinds, type Plan } from '../plan/schema.ts';
import type { QueueConnection } from '../queue/connection.ts';
import { GateQueue } from '../queue/gate-queue.ts';
import type { Signals } from '../queue/signals.ts';
import type { RunControl } from '../run/control.ts';
import { createCoordinator } from '../run/coordinator.ts';
import { createControl } from '../run/create-control.ts';
import { type SlackApp, startSlackApp } from '../slack/app.ts';
import type { Command } from '../slack/command.ts';
import { createProjector } from '../slack/projection.ts';
import type { SlackConfig } from '../slack/slack-config.ts';
import { openWorkspace } from '../slack/workspace.ts';
import { cancelTopic, startWorker } from '../worker/start-worker.ts';
import { authorizationFor } from './authorization-for.ts';
import { keepLedger } from './keep-ledger.ts';
import { openPublisher, publisherParts } from './open-publisher.ts';
import { pruneInbox } from './prune-inbox.ts';
import { publishAgain } from './publish-reports.ts';
import { queuePort } from './queue-port.ts';
import { reportTools } from './report-tools.ts';
import { listPlans, surveySelf } from './survey-self.ts';
import { watchRoles } from './watch-roles.ts';

export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface ControlPlaneOptions {
  readonly settings: Settings;
  readonly keys: SigningKeys;
  readonly database: Database;
  readonly connection: QueueConnection;
  readonly signals: Signals;
  readonly commands: readonly Command[];
  readonly gates: readonly Gate[];
  readonly log: Log;
}

export interface ControlPlane {
  readonly control: RunControl;
  readonly ledger: Ledger;
  readonly evidence: EvidenceStore;
  readonly slack: SlackApp;
  /** Where a message of a run stands in the workspace; null while it is not posted. */
  slackMessageOf(runId: string, key: string): Promise<{ channel: string; ts: string } | null>;
  /** Resolves once everything that is known of a run now is shown in its thread. */
  shown(runId: string): Promise<void>;
  stop(drainMs: number): Promise<void>;
}

/** ms between two sweeps over open runs: the net under lost hints. */
const sweepMs = 5_000;
/** ms between two renewals of the signed execution switch. */
const renewMs = 10_000;

/** Starts all of it, or stops again what was started and throws. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { settings, keys, database, connection, signals, log } = options;
  let drainMs = 0;
  await using started = new AsyncDisposableStack();
  const ledger = await Ledger.open(database);
  started.defer(() => ledger.close());
  const postings = new Postings(database);
  const evidence = await openEvidenceStore(join(settings.data, 'evidence'));
  const queue = await GateQueue.open({ connection, log });
  started.defer(() => queue.close());
  const now = () => new Date();
  const redactor = redactorFor(settings);
  const packages = join(settings.data, 'runs');
  const publisherOf = (reports: Plan['reports']) => openPublisher(reports, publisherParts(settings));
  const { apiUrl, config } = slackConfig(settings);
  const workspace = await openWorkspace({ botToken: config.botToken, apiUrl, log });
  const progress = new Map<string, string>();
  const roles = watchRoles(queue, log);
  started.defer(roles.stop);
  const projector = createProjector({
    client: workspace.client,
    postings,
    evidence: async (digest) => ((await evidence.has(digest)) ? evidence.get(digest) : null),
    progress: (runId) => progress.get(runId) ?? null,
    unservedRoles: () => roles.unserved,
    // Somebody may have reacted before the row of the message was recorded, when nobody knew what they reacted to.
    onPosted: (_, key) => {
      if (key !== 'approval') return;
      slack.sweep().catch((error: unknown) => log.warn({ error: String(error) }, 'the votes were not swept'));
    },
    log,
  });
  started.defer(() => projector.close());

  const coordinator = createCoordinator({
    ledger,
    queue: queuePort(queue, roles, redactor.redact),
    evidence,
    authorize: async (run, gate, jobDigest) =>
      signAuthorization(authorizationFor(run, gate, jobDigest, Date.now()), keys.signing),
    cancelJob: (jobId) => signals.publish(cancelTopic, jobId),
    sweepVotes: (runId) => slack.sweepOne(runId),
    // Neither waits for the other: a full disk must not silence the thread.
    project: async (run) => {
      await Promise.all([projector.project(run), keepLedger(ledger, packages, run)]);
    },
    isHeadMoved: (error) =>
      error instanceof LedgerError && (error.code === 'head-moved' || error.code === 'stream-closed'),
    now: Date.now,
    log,
  });
  started.defer(() => coordinator.stop());
  const control = createControl({
    coordinator,
    ledger,
    findPlan: (name) => findPlan(settings.plans, name),
    plans: () => listPlans(settings),
    identify: workspace.identify,
    survey: (plan) => surveySelf(settings.machine, publisherOf(plan.reports), redactor.redact),
    redact: redactor.redact,
    publish: (run) => publishAgain(run, publisherOf(run.plan.reports), evidence, redactor.redact),
  });

  const renew = () => publishSwitch(signals, keys.signing, switchState(settings), Date.now());
  await renew();
  const renewal = setInterval(() => {
    renew().catch((error: unknown) =>
      log.error(
        { error: String(error) },
        'the execution switch was not renewed; workers will take it as off',
      ),
    );
  }, renewMs);
  started.defer(() => clearInterval(renewal));

  queue.onSettled((jobId) => {
    const runId = runIdOf(jobId);
    if (runId) void coordinator.advance(runId);
  });
  queue.onProgress((jobId, said) => {
    const runId = runIdOf(jobId);
    const text = progressSchema.safeParse(said);
    if (!runId || !text.success) return;
    progress.set(runId, text.data.text);
    projector.refresh(runId);
  });

  const own = await startWorker({
    machine: settings.machine,
    workspaces: join(settings.data, 'workspaces'),
    blobs: evidence,
    publicKeys: [keys.signing.publicKey],
    killSwitch: createKillSwitch(signals, [keys.signing.publicKey], Date.now),
    credentials: {},
    secrets: new Map(),
    redactor,
    now,
    control: reportTools({
      ledger,
      evidence,
      keys,
      packages,
      openPublisher: publisherOf,
      redact: redactor.redact,
      now,
    }),
    connection,
    signals,
    roles: ['control'],
    concurrency: 2,
    gates: options.gates,
    log,
  });
  started.defer(() => own.close(drainMs));
  const { commands } = options;
  const inbox = new Inbox(database);
  const stopPruning = pruneInbox(inbox, log);
  started.defer(stopPruning);
  const slack = await startSlackApp({ config, apiUrl, control, commands, postings, inbox, workspace, log });
  started.defer(() => slack.stop());
  // One approval that Slack cannot show now must not keep all runs from going on; each is swept again before its promote.
  await slack
    .sweep()
    .catch((error: unknown) => log.warn({ error: String(error) }, 'not every vote was swept'));
  await coordinator.start(sweepMs);

  const running = started.move();
  return {
    control,
    ledger,
    evidence,
    slack,
    async slackMessageOf(runId, key) {
      const found = (await postings.list(runId)).find((each) => each.key === key && each.state === 'posted');
      return found?.ts ? { channel: found.channel, ts: found.ts } : null;
    },
    async shown(runId) {
      await coordinator.advance(runId);
      await projector.settled();
    },
    async stop(ms) {
      drainMs = ms;
      await running.disposeAsync();
    },
  };
}

function switchState({ execution }: Settings) {
  return execution === 'enabled'
    ? { enabled: true, reason: 'enabled in the configuration' }
    : {
        enabled: false,
        reason: 'disabled in the configuration, which is the default; set execution: enabled',
      };
}

function slackConfig({ slack }: Settings): { apiUrl: string | undefined; config: SlackConfig } {
  const { apiUrl, botToken, appToken, signingSecret, port, mode } = slack;
  const config: SlackConfig =
    mode === 'socket'
      ? { mode, botToken: botToken.reveal(), appToken: appToken.reveal() }
      : { mode, botToken: botToken.reveal(), signingSecret: signingSecret.reveal(), port };
  return { apiUrl, config };
}

const progressSchema = z.object({ text: z.string() });
const jobIdForm = new RegExp(
  `^(.+)-(?:${[...gateKinds].sort((a, b) => b.length - a.length).join('|')})-\\d+$`,
);

function runIdOf(jobId: string): string | undefined {
  return jobIdForm.exec(jobId)?.[1];
}
