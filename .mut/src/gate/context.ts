// What a gate's job is handed, and what it gives back. No Slack, no ledger.
import type { Secret } from '../evidence/secret.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import type { Permit } from '../execution/authorization.ts';
import type { Executor } from '../execution/executor.ts';
import type { KillSwitch } from '../execution/kill-switch.ts';
import type { Host } from '../host/host.ts';
import type { GateKind, PlanGate } from '../plan/schema-gates.ts';
import type { Json } from '../plan/schema-scalars.ts';
import type { GatePlan } from '../plan/sections.ts';
import type { ReportFacts } from '../run/facts.ts';
import type { GateStatus } from '../run/gate-result.ts';
import type { RunState } from '../run/state.ts';
import type { GateJob } from './job.ts';
import type { Recorder } from './recorder.ts';

/** A host of which a job may only read. A mutating command is refused before it is sent. */
export type Observer = Pick<Host, 'name' | 'run' | 'forward'>;

/** What only the executor hands out, one change at a time. */
export interface MutatingTools {
  host(name: string): Promise<Host>;
  /** Moves a branch of the SSOT repository forward; see src/artifact/fast-forward.ts. */
  fastForward: typeof import('../artifact/fast-forward.ts').fastForward;
}

export interface GateContext {
  readonly job: GateJob;
  /** With target and artifact of this gate. */
  readonly plan: GatePlan;
  /** The gate as the plan has it, with its parameters. */
  readonly gate: PlanGate;
  /** Identity of this worker's machine. */
  readonly machine: string;
  readonly signal: AbortSignal;
  readonly record: Recorder;
  /** A directory of this run on this machine; kept between gates, made anew when it is missing. */
  readonly workspace: string;
  /** Files by digest on this machine: the artifact lies here between gates. */
  readonly blobs: EvidenceStore;
  readonly local: Observer;
  host(name: string): Promise<Observer>;
  readonly executor: Executor<MutatingTools>;
  /** The verified authorization of this job; throws ExecutionError when there is none. */
  permit(): Permit;
  readonly killSwitch: KillSwitch;
  secret(name: string): Secret | undefined;
  /** Takes every credential out of a text that is going to be kept or shown. */
  redact(text: string): string;
  /** Says how far the gate is, for people who wait. */
  progress(text: string): Promise<void>;
  now(): Date;
  /** What this gate has raised on the target; there while it holds the target's lock. Every change of the target acts behind it. */
  readonly fence?: { readonly path: string; readonly token: string };
  /** The control plane's part; only there for gates of the role `control`. */
  readonly control?: ControlTools;
}

/** What gates of the role `control` use: they run where the ledger and the private key are. */
export interface ControlTools {
  /** Renders, signs and publishes; see src/report and src/attestation. */
  report(record: Recorder): Promise<ReportFacts>;
  /** The run as its ledger has it now. */
  run(): Promise<RunState>;
}

export interface Gate {
  readonly kind: GateKind;
  /** Decides the gate's criteria on `context.record`; returns its facts (src/run/facts.ts). May throw GateStop. */
  run(context: GateContext): Promise<object>;
}

/** Ends a gate before its criteria are all decided. */
export class GateStop extends Error {
  override readonly name = 'GateStop';
  readonly status: Exclude<GateStatus, 'pass'>;
  readonly code: string;
  readonly facts: { [key: string]: Json };

  constructor(
    status: Exclude<GateStatus, 'pass'>,
    code: string,
    text: string,
    options: { cause?: unknown; facts?: { [key: string]: Json } } = {},
  ) {
    super(text, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.facts = options.facts ?? {};
  }
}
