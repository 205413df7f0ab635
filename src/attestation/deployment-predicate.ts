// Our own predicate: what a run was, how it ended, on whose word, and what it rests on. docs/attestation.md holds its JSON Schema.
import { z } from 'zod';
import { gapChangeSchema } from '../gaps/schema.ts';
import { gapStatuses } from '../plan/schema-gaps.ts';
import { gateKinds } from '../plan/schema-gates.ts';
import { digest, timestamp } from '../plan/schema-scalars.ts';
import { operations } from '../run/events.ts';
import { gateStatuses } from '../run/gate-result.ts';

const text = z.string().min(1);
const person = z.strictObject({ id: text, name: text });
const reason = z.strictObject({ code: text, text }).nullable();

const targetName = text.nullable().describe('One of the plan’s `targets`; null for its `target`.');

const gate = z.strictObject({
  id: text.describe('Label, such as G5; two gates may share one.'),
  kind: z.enum(gateKinds),
  title: text,
  supplementary: z
    .boolean()
    .describe(
      'It only reads, and runs after a stop too: no PASS stands over its failing, and it makes nothing better.',
    ),
  status: z.enum(gateStatuses),
  reason: reason.describe('Null exactly when the status is pass.'),
  attempt: z.int().min(0),
  machine: text.nullable().describe('Identity of the machine that decided it.'),
  startedAt: timestamp.nullable(),
  finishedAt: timestamp
    .nullable()
    .describe('Null for a gate that did not run, and for the report gate, which ends with the signing.'),
});

const approval = z.strictObject({
  approver: person,
  group: text.describe('The one group in which this consent counts.'),
  votedAt: timestamp,
  channel: z.string(),
  messageTs: z.string().describe('The Slack message that was answered.'),
  via: z.enum(['reaction', 'button', 'command', 'sweep']),
  factor: z.enum(['totp']).nullable().describe('The second factor that came with it.'),
  approvedDigest: digest.describe('sha256 over the RFC 8785 form of everything that was shown.'),
});

const probe = z.strictObject({
  id: text,
  title: text,
  before: z.string().nullable().describe('Null when it was not read.'),
  after: z.string().nullable(),
  status: z.enum(['pass', 'fail', 'inconclusive']),
  reason: z.string().nullable(),
});

const gapStatus = z.enum(gapStatuses);
const gap = z.strictObject({
  id: text,
  title: text,
  status: gapStatus,
  scope: text.describe('Which later run is meant to close it.'),
  carried: gapStatus.nullable().describe('How it came in; null for one that this run disclosed first.'),
  evidence: z.array(text).describe('What the status rests on.'),
  changes: z
    .array(gapChangeSchema.pick({ from: true, to: true, by: true, why: true, at: true }))
    .describe('What this run changed; the ledger’s first event has what came before.'),
  note: text.nullable().describe('What the plan said of it without changing it.'),
});

export const anchoredSchema = z.strictObject({
  authority: z.string().min(1).describe('Its address.'),
  at: timestamp.nullable().describe('By its clock; null when it gave no time.'),
  reason: text.nullable().describe('Why it gave no time; null when it did.'),
});
export type Anchored = z.infer<typeof anchoredSchema>;

export const deploymentPredicateSchema = z
  .strictObject({
    run: z.strictObject({
      id: text,
      requester: person,
      requestedAt: timestamp,
      subjectRun: text.nullable().describe('The run that was verified or rolled back.'),
      previous: z
        .strictObject({ run: text, head: digest })
        .nullable()
        .describe('The last run on the same target and the head of its ledger.'),
    }),
    plan: z.strictObject({ name: text, title: text, digest }),
    mode: z.enum(['LIVE', 'DRYRUN']),
    operation: z.enum(operations),
    verdict: z.enum(['PASS', 'PARTIAL', 'FAILED', 'BLOCKED', 'INCONCLUSIVE', 'DRYRUN']),
    outcome: text.describe('The plan’s name for the verdict.'),
    reason: reason.describe('Why it is not a PASS.'),
    gates: z.array(gate),
    passCriteria: z.array(
      z.strictObject({
        id: text,
        title: text,
        holds: z.boolean(),
        evidence: z
          .array(text)
          .describe('What it rests on, or what contradicts it; false with an empty list is: not evidenced.'),
      }),
    ),
    forbiddenActions: z.array(
      z.strictObject({
        id: text,
        title: text,
        claim: z.enum(['not done', 'not evidenced', 'contradicted']),
        restsOn: z.array(text),
      }),
    ),
    approval: z
      .strictObject({
        digest,
        status: z.enum(['waiting', 'granted', 'rejected', 'expired', 'voided']),
        requestedAt: timestamp,
        expiresAt: timestamp,
        decidedAt: timestamp.nullable(),
        rejectedBy: person.nullable(),
        pointOfNoReturn: timestamp.nullable().describe('From then on a withdrawal no longer counted.'),
      })
      .nullable()
      .describe('Null when the run never asked for one.'),
    approvals: z.array(approval).describe('The consents that stand.'),
    voided: z
      .array(
        z.strictObject({
          digest,
          reason: z.strictObject({ code: text, text }),
          at: timestamp,
          drift: z.array(z.strictObject({ name: text, before: z.string(), after: z.string() })),
        }),
      )
      .describe('Requests for approval that were taken back, with what was no longer as it had been shown.'),
    freezeOverrides: z
      .array(
        z.strictObject({
          by: person,
          reason: text,
          at: timestamp,
          freezes: z.array(z.strictObject({ title: text, until: timestamp })),
        }),
      )
      .describe('Who let the run go on in a freeze, and why.'),
    lockBroken: z
      .strictObject({ by: person, reason: text, at: timestamp })
      .nullable()
      .describe('Who took the target’s lock from the run, and why.'),
    probes: z.array(probe),
    gaps: z
      .array(gap)
      .describe('The gap matrix of the lineage after this run, by what it carried in and its own evidence.'),
    delivered: z
      .array(
        z.strictObject({
          target: targetName,
          host: text,
          livePath: text,
          liveTree: digest,
          commit: text.nullable(),
          artifact: digest.nullable(),
          manifest: digest.nullable(),
        }),
      )
      .describe(
        'What live paths hold by this run, one entry each; those that hold nothing of this run are missing.',
      ),
    rollbackAnchor: z
      .array(
        z.strictObject({
          target: targetName,
          host: text,
          path: text.nullable().describe('Null when nothing was live before: the way back is removal.'),
          digest: digest.nullable(),
        }),
      )
      .describe('The way back of each live path that holds something by this run.'),
    restored: z
      .array(
        z.strictObject({
          target: targetName,
          host: text,
          livePath: text,
          liveTree: digest.nullable().describe('Null when nothing is live there again.'),
          ofRun: text.nullable().describe('The run that had kept it; null for the run itself.'),
          why: text.nullable().describe('Why this tree, where there was a choice.'),
          takenOut: text
            .nullable()
            .describe('Where the tree lies that was live; null when none was taken out.'),
        }),
      )
      .describe('Live paths that this run brought back to what they were.'),
    seen: z
      .strictObject({
        afterFailure: z
          .enum(['rollback', 'hold'])
          .describe('What the plan says of a failure after promote: which tree may be live under FAILED.'),
        paths: z.array(
          z.strictObject({
            target: targetName,
            host: text,
            livePath: text,
            live: z
              .enum(['anchor', 'candidate', 'other-run', 'neither', 'not-known'])
              .describe('Which tree was live: what was there before, what the run brought, or another one.'),
            known: z
              .strictObject({
                run: text,
                as: z.enum(['candidate', 'before']),
                changed: z.boolean().describe('Whether this run has begun to exchange anything there.'),
              })
              .optional()
              .describe('Of `other-run`: the run that brought this tree there, or that replaced it.'),
            promotes: z.boolean().describe('Whether a gate of the run puts a candidate there.'),
            at: timestamp.describe('When it was seen; for `not-known`, since when it is not known.'),
            tree: digest
              .nullable()
              .describe('Null for nothing, for what is no tree, and for what is not known.'),
          }),
        ),
      })
      .optional()
      .describe(
        'What looks at the hosts saw last. Missing where the run could change none, and in bundles of earlier versions.',
      ),
    documents: z
      .array(z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9-]*\.md$/), title: text, digest }))
      .describe('The report, each document as revision 0.'),
    ledgerHead: digest.describe('Hash of the ledger’s last event at the time of signing.'),
    anchored: anchoredSchema
      .optional()
      .describe(
        'Whether a time stamp authority (RFC 3161) had seen that head; missing when none is configured.',
      ),
    statements: z
      .array(z.strictObject({ predicateType: text, digest }))
      .describe('Payloads of the lines before this one, in order.'),
  })
  .describe('Interlock deployment, v1');
export type DeploymentPredicate = z.infer<typeof deploymentPredicateSchema>;
