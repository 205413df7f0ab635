// The configuration: a YAML file and the environment, which wins. Secrets come from the environment or from files only.
import { z } from 'zod';
import { identifier } from '../plan/schema-scalars.ts';

const path = z.string().min(1);
const who = z.array(z.string().regex(/^[UWS][A-Z0-9]{2,}$/, 'a Slack user or user group id'));
export const userId = z.string().regex(/^[UW][A-Z0-9]{2,}$/, 'a Slack user id');
const secretRef = z.union([
  z.strictObject({
    env: z
      .string()
      .regex(/^[A-Z_][A-Z0-9_]*$/)
      .describe('Environment variable that holds it.'),
  }),
  z.strictObject({ file: path.describe('File that holds it; must not be readable by group or others.') }),
]);
export type SecretRef = z.infer<typeof secretRef>;

export const configSchema = z.strictObject({
  machine: identifier
    .optional()
    .describe('Identity of this machine, as plans name it. Default: its host name.'),
  data: path.default('.interlock').describe('Data directory: ledger, evidence, keys, workspaces.'),
  plans: z.array(path).min(1).default(['plans']).describe('Directories of plan files.'),
  execution: z
    .enum(['enabled', 'disabled'])
    .default('disabled')
    .describe('Whether LIVE runs may mutate. What is disabled here nobody enables from Slack.'),
  switch: z
    .strictObject({
      disable: who.optional(),
      enable: who.default([]),
    })
    .prefault({})
    .describe('Who may turn the execution switch for all plans, by Slack user or user group id.'),
  slack: z
    .strictObject({
      mode: z.enum(['socket', 'http']).default('socket'),
      port: z.int().min(0).max(65535).default(3000).describe('For http.'),
      apiUrl: z.url().optional().describe('Another workspace server; SLACK_API_URL.'),
      botToken: secretRef.default({ env: 'SLACK_BOT_TOKEN' }),
      appToken: secretRef.default({ env: 'SLACK_APP_TOKEN' }).describe('For socket.'),
      signingSecret: secretRef.default({ env: 'SLACK_SIGNING_SECRET' }).describe('For http.'),
    })
    .prefault({}),
  redisUrl: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe('REDIS_URL; without it the queue is embedded.'),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('DATABASE_URL; without it the ledger is embedded.'),
  worker: z
    .strictObject({
      roles: z
        .array(identifier)
        .min(1)
        .default(['ssot'])
        .describe('Roles that `up` serves in its own process.'),
      concurrency: z.int().min(1).max(64).default(2),
      publicKey: path
        .optional()
        .describe('PEM of the control plane’s public key: what this worker obeys. `up` uses its own.'),
    })
    .prefault({}),
  workers: z
    .record(
      identifier,
      z.strictObject({
        publicKey: path.describe('PEM of the worker’s public key, from `interlock keys worker` there.'),
        roles: z.array(identifier).min(1).describe('Roles whose gates it may decide.'),
        machine: identifier.optional().describe('The machine that it must be; any without it.'),
      }),
    )
    .default({})
    .describe('Workers elsewhere whose results the control plane believes. `up` trusts its own by itself.'),
  credentials: z
    .record(identifier, z.strictObject({ privateKey: path.describe('OpenSSH private key file, mode 0600.') }))
    .default({})
    .describe('SSH keys by the name that plans use.'),
  secondFactors: z
    .record(userId, secretRef)
    .default({})
    .describe('Secrets of authenticator apps (base32) by Slack user id; see `interlock totp enrol`.'),
  attestation: z
    .strictObject({
      timestampAuthority: z
        .strictObject({
          url: z
            .url({ protocol: /^https?$/ })
            .refine(
              (url) => !/^https?:\/\/[^/]*@/.test(url),
              'an address without a password: bundles name it',
            )
            .describe('Where it answers RFC 3161 queries.'),
          certificates: path.describe('PEM of the certificates that vouch for it.'),
        })
        .optional()
        .describe('Stamps the heads of ledgers, so that nobody with our keys can date a run back.'),
    })
    .prefault({}),
  secrets: z
    .record(identifier, secretRef)
    .default({})
    .describe('Named secrets that plans may refer to, such as a database’s connection string.'),
});
export type Config = z.infer<typeof configSchema>;
