// The control plane's own worker: takes the report gate, which runs where the private key is.
import { join } from 'node:path';
import { createKillSwitch } from '../execution/kill-switch.ts';
import { startWorker } from '../worker/start-worker.ts';
import { type ReportParts, reportTools } from './report-tools.ts';
import type { ControlPlaneOptions } from './start.ts';

/** It holds no credential of a host and no secret of a plan: there is nothing for it to reach. */
export function startReportWorker(
  { settings, keys, connection, signals, gates, log }: ControlPlaneOptions,
  redactor: Parameters<typeof startWorker>[0]['redactor'],
  report: ReportParts,
): ReturnType<typeof startWorker> {
  const publicKeys = [keys.signing.publicKey];
  return startWorker({
    machine: settings.machine,
    workspaces: join(settings.data, 'workspaces'),
    blobs: report.evidence,
    publicKeys,
    killSwitch: createKillSwitch(signals, publicKeys, Date.now),
    credentials: {},
    secrets: new Map(),
    redactor,
    now: report.now,
    control: reportTools(report),
    connection,
    signals,
    roles: ['control'],
    concurrency: 2,
    gates,
    log,
  });
}
