// The control plane: ledger, coordinator, Slack, the execution switch, and the worker of the report gate.
import { join } from 'node:path';
import { z } from 'zod';
import type { SigningKey, SigningKeys } from '../attestation/keys.ts';
import type { Settings } from '../config/load.ts';
import { redactorFor } from '../config/redactor-for.ts';
import type { TrustedWorker } from '../config/trusted-workers.ts';
import { type EvidenceStore, openEvidenceStore } from '../evidence/store.ts';
import { signAuthorization } from '../execution/authorization.ts';
import type { Gate } from '../gate/context.ts';
import type { Database } from '../ledger/database.ts';
import { Inbox } from '../ledger/inbox.ts';
import { Ledger } from '../ledger/ledger.ts';
import { isHeadMoved } from '../ledger/ledger-error.ts';
import { Postings } from '../ledger/postings.ts';
import { serveOperators } from '../operator/serve.ts';
import { findPlan } from '../plan/load.ts';
import type { Plan } from '../plan/schema.ts';
import type { QueueConnection } from '../queue/connection.ts';
import { GateQueue } from '../queue/gate-queue.ts';
import type { Signals } from '../queue/signals.ts';
import type { RunControl } from '../run/control.ts';
import { createCoordinator } from '../run/coordinator.ts';
import { createControl } from '../run/create-control.ts';
import type { RunState } from '../run/state.ts';
import { ladderOf } from '../run/switch.ts';
import { openSwitchboard } from '../run/switchboard.ts';
import { type SlackApp, startSlackApp } from '../slack/app.ts';
import type { Command } from '../slack/command.ts';
import { createProjector } from '../slack/projection.ts';
import { requestOfKey } from '../slack/view/approval-key.ts';
import { openWorkspace } from '../slack/workspace.ts';
import { cancelTopic } from '../worker/start-worker.ts';
import { createHeadAnchors } from './anchor-heads.ts';
import { startAnnouncer } from './announcer.ts';
import { authorizationFor } from './authorization-for.ts';
import { heldBy } from './held-by.ts';
import { installationPolicy } from './installation-policy.ts';
import { keptRulings } from './keep-rulings.ts';
import { openPublisher, publisherParts } from './open-publisher.ts';
import { resultOpener } from './open-result.ts';
import { startOwnWorker } from './own-worker.ts';
import { pruneInbox } from './prune-inbox.ts';
import { publishAgain } from './publish-reports.ts';
import { startSwitchPublisher } from './publish-switch-state.ts';
import { queuePort } from './queue-port.ts';
import { reportTools } from './report-tools.ts';
import { createSecondFactor } from './second-factors.ts';
import { showRun } from './show-run.ts';
import { slackConfigOf } from './slack-config-of.ts';
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
  /** What the control plane's own worker signs its results with. */
  readonly workerKey: SigningKey;
  /** Whose results are believed. */
  readonly workers: readonly TrustedWorker[];
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

/** Starts all of it, or stops again what was started and throws. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { settings, keys, database, connection, signals, log } = options;
  let drainMs = 0;
  await using started = new AsyncDisposableStack();
  const ledger = await Ledger.open(database);
  started.defer(() => ledger.close());
  const postings = new Postings(database);
  const inbox = new Inbox(database);
  const evidence = await openEvidenceStore(join(settings.data, 'evidence'));
  const queue = await GateQueue.open({ connection, log });
  started.defer(() => queue.close());
  const now = () => new Date();
  const redactor = redactorFor(settings);
  const packages = join(settings.data, 'runs');
  const publisherOf = (reports: Plan['reports']) => openPublisher(reports, publisherParts(settings));
  const publishRun = (run: RunState) =>
    publishAgain(run, publisherOf(run.plan.reports), evidence, redactor.redact);
  const anchors = createHeadAnchors({ authority: settings.timestampAuthority, ledger, packages, log });
  started.defer(anchors.stop);
  const kept = { ledger, evidence, key: keys.signing, packages, publish: publishRun, anchors };
  const { apiUrl, config } = slackConfigOf(settings);
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
    held: (run) => heldBy(run, Date.now()),
    keptRulings: (runId) => keptRulings(packages, runId),
    // Somebody may have reacted before the row of the message was recorded, when nobody knew what they reacted to.
    onPosted: (_, key) => {
      if (requestOfKey(key) === null) return;
      slack.sweep().catch((error: unknown) => log.warn({ error: String(error) }, 'the votes were not swept'));
    },
    log,
  });
  started.defer(() => projector.close());

  const switchboard = await openSwitchboard({ ledger, configured: settings.execution, isHeadMoved });
  const coordinator = createCoordinator({
    ledger,
    queue: queuePort(queue, roles, redactor.redact),
    evidence,
    authorize: async (run, gate, jobDigest) =>
      signAuthorization(authorizationFor(run, gate, jobDigest), keys.signing),
    openResult: resultOpener(options.workers, Date.now),
    cancelJob: (jobId) => signals.publish(cancelTopic, jobId),
    sweepVotes: (runId) => slack.sweepOne(runId),
    project: showRun(kept, projector.project, log),
    reviewConsents: (runId) => control.reviewConsents(runId),
    ladder: (run) => ladderOf(switchboard.forPlan(run.plan.name)),
    isHeadMoved,
    now: Date.now,
    log,
  });
  started.defer(() => coordinator.stop());
  const control = createControl({
    coordinator,
    ledger,
    switchboard,
    findPlan: (name) => findPlan(settings.plans, name),
    plans: () => listPlans(settings),
    installation: async () => installationPolicy(settings.switch, await listPlans(settings)),
    identify: workspace.identify,
    placeOf: workspace.placeOf,
    secondFactor: createSecondFactor({ secrets: settings.secondFactors, inbox, now: Date.now }),
    now: Date.now,
    onUnlocked: (run) => switchPublisher.forbid(run),
    survey: (plan) => surveySelf(settings.machine, publisherOf(plan.reports), redactor.redact),
    redact: redactor.redact,
    publish: publishRun,
  });

  const switchPublisher = await startSwitchPublisher({
    switchboard,
    values: signals,
    key: keys.signing,
    unlocked: (await control.recent(200)).filter(({ lockBroken }) => lockBroken !== null),
    cancelJob: (jobId) => signals.publish(cancelTopic, jobId),
    log,
  });
  started.defer(switchPublisher.stop);

  queue.onSettled((jobId) => {
    const runId = coordinator.runOfJob(jobId);
    if (runId) void coordinator.advance(runId);
  });
  queue.onProgress((jobId, said) => {
    const runId = coordinator.runOfJob(jobId);
    const text = progressSchema.safeParse(said);
    if (!runId || !text.success) return;
    progress.set(runId, text.data.text);
    projector.refresh(runId);
  });

  const own = await startOwnWorker({
    ...options,
    evidence,
    redactor,
    reports: reportTools({
      ledger,
      evidence,
      keys,
      packages,
      openPublisher: publisherOf,
      redact: redactor.redact,
      now,
      timestampAuthority: settings.timestampAuthority,
    }),
  });
  started.defer(() => own.close(drainMs));
  const stopPruning = pruneInbox(inbox, log);
  started.defer(stopPruning);
  const slackParts = { config, apiUrl, control, commands: options.commands, postings, inbox, workspace, log };
  const slack = await startSlackApp({ ...slackParts, showAgain: projector.again });
  started.defer(() => slack.stop());
  const { client, botUserId } = workspace;
  const announcer = startAnnouncer({
    switchboard,
    plans: () => listPlans(settings),
    client,
    botUserId,
    postings,
    log,
  });
  started.defer(() => announcer.stop());
  const operators = await serveOperators({ data: settings.data, machine: settings.machine, control, log });
  started.defer(operators.stop);
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

const progressSchema = z.object({ text: z.string() });
