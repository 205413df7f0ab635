// Whose hands can change something: the fewer files can reach a mutating call, the fewer have to be trusted with it.
import type { Import } from './modules.ts';
import { isIn, perImport, type Rule } from './rule.ts';

const movers = ['src/host/exchange.ts', 'src/host/place.ts'];
/** What changes nothing of them: builders of the trials on scratch directories, and their readers. */
const harmless = new Set([
  ...['exchangeTrials', 'parseExchangeTrials', 'ExchangeWay'],
  ...['placingTrials', 'parsePlacingTrials', 'placingWay', 'PlacingWay'],
]);
const movesTrees = ({ to, names }: Pick<Import, 'to' | 'names'>) =>
  movers.includes(to) && names.some((name) => !harmless.has(name));
const changesHosts = (found: Import) => found.to.startsWith('src/host/commands/mutate-') || movesTrees(found);

export const mutation: readonly Rule[] = [
  {
    name: 'only execution and worker can move a branch',
    faults: perImport(
      ({ from, to, typeOnly }) =>
        to === 'src/artifact/fast-forward.ts' && !typeOnly && !isIn(from, ['src/execution/', 'src/worker/']),
    ),
    broken: [
      { 'jobs/artifact.ts': "import { fastForward } from '../src/artifact/fast-forward.ts';" },
      { 'src/run/a.ts': "const git = await import('../artifact/fast-forward.ts');" },
    ],
    kept: {
      'src/worker/a.ts': "import { fastForward } from '../artifact/fast-forward.ts';",
      'src/gate/context.ts': "export type F = typeof import('../artifact/fast-forward.ts').fastForward;",
    },
  },
  {
    name: 'only gates, jobs and execution build commands that change a host',
    faults: perImport(
      (found) =>
        changesHosts(found) &&
        !found.typeOnly &&
        !isIn(found.from, ['src/gate/', 'src/execution/', 'src/host/', 'jobs/']),
    ),
    broken: [
      { 'src/cli/doctor.ts': "import { removeStaged } from '../host/commands/mutate-tree.ts';" },
      { 'src/run/a.ts': "import { exchangeCommand } from '../host/exchange.ts';" },
      { 'src/slack/a.ts': "import * as exchange from '../host/exchange.ts';" },
    ],
    kept: {
      'jobs/stage.ts': "import { unpackTarGz } from '../src/host/commands/mutate-tree.ts';",
      'src/run/a.ts': "import type { ExchangeWay } from '../host/exchange.ts';",
    },
  },
  {
    name: 'only gates and execution exchange live trees and hold the lock of a host',
    faults: perImport(
      ({ from, to, names, typeOnly }) =>
        (to === 'src/host/lock.ts' || movesTrees({ to, names })) &&
        !typeOnly &&
        !isIn(from, ['src/gate/', 'src/execution/', 'src/host/']),
    ),
    broken: [
      { 'jobs/promote.ts': "import { exchangeCommand, type ExchangeWay } from '../src/host/exchange.ts';" },
      { 'jobs/promote.ts': "import { acquireLock } from '../src/host/lock.ts';" },
      { 'jobs/promote.ts': "import { placeCommand } from '../src/host/place.ts';" },
    ],
    kept: { 'jobs/stage.ts': "import { exchangeTrials } from '../src/host/exchange.ts';" },
  },
  {
    name: 'only the worker and the doctor open a host; a job gets its own from the context',
    faults: perImport(
      ({ from, to, typeOnly }) =>
        isIn(to, ['src/host/ssh-host.ts', 'src/host/local-host.ts']) &&
        !typeOnly &&
        !isIn(from, ['src/worker/', 'src/host/', 'src/cli/examine.ts']),
    ),
    broken: [
      { 'jobs/stage.ts': "import { SshHost } from '../src/host/ssh-host.ts';" },
      { 'src/gate/a.ts': "import { LocalHost } from '../host/local-host.ts';" },
      { 'src/control-plane/a.ts': "await import('../host/ssh-host.ts');" },
    ],
    kept: {
      'src/worker/a.ts': "import { SshHost } from '../host/ssh-host.ts';",
      'jobs/a.ts': "import type { SshHost } from '../src/host/ssh-host.ts';",
    },
  },
  {
    name: 'only host, artifact and demo start programs',
    faults: perImport(
      ({ from, to }) =>
        to === 'node:child_process' &&
        !isIn(from, ['src/host/', 'src/artifact/run-git.ts', 'src/demo/', 'examples/', 'scripts/']),
    ),
    broken: [
      { 'jobs/test.ts': "import { execFile } from 'child_process';" },
      { 'src/slack/a.ts': "import { spawn } from 'node:child_process';" },
    ],
    kept: { 'src/host/local-host.ts': "import { spawn } from 'node:child_process';" },
  },
  {
    name: 'only the control plane can sign: workers and jobs hold the public key',
    faults: perImport(
      ({ from, to, names, typeOnly }) =>
        !typeOnly &&
        isIn(from, ['src/worker/', 'src/gate/', 'src/slack/', 'jobs/', 'commands/']) &&
        (isIn(to, ['src/attestation/open-keys.ts', 'src/attestation/bundle.ts']) ||
          names.some((name) =>
            ['signAuthorization', 'publishSwitch', 'loadSigningKeys', 'initKeys'].includes(name),
          )),
    ),
    broken: [
      { 'src/worker/a.ts': "import { signAuthorization } from '../execution/authorization.ts';" },
      { 'jobs/report.ts': "import { openKeys } from '../src/attestation/open-keys.ts';" },
    ],
    kept: { 'src/worker/a.ts': "import { verifyAuthorization } from '../execution/authorization.ts';" },
  },
  {
    name: 'only the worker verifies authorizations and signs results, and only the control plane believes them',
    faults: perImport(
      ({ from, names, typeOnly }) =>
        !typeOnly &&
        ((names.some((name) => ['verifyAuthorization', 'signAnswer'].includes(name)) &&
          !from.startsWith('src/worker/')) ||
          (names.includes('readAnswer') && !from.startsWith('src/control-plane/'))),
    ),
    broken: [
      { 'jobs/a.ts': "import { verifyAuthorization } from '../src/execution/authorization.ts';" },
      { 'src/control-plane/a.ts': "import { signAnswer } from '../gate/signed-result.ts';" },
      { 'src/run/a.ts': "import { readAnswer } from '../gate/signed-result.ts';" },
    ],
    kept: {
      'src/worker/a.ts': "import { signAnswer } from '../gate/signed-result.ts';",
      'src/control-plane/a.ts': "import { type Answer, readAnswer } from '../gate/signed-result.ts';",
    },
  },
  {
    name: 'only the control plane, its configuration and the command line know authenticator secrets',
    faults: perImport(
      ({ from, to }) =>
        (to === 'otpauth' && !isIn(from, ['src/totp/'])) ||
        (isIn(to, ['src/totp/', 'src/control-plane/second-factors.ts']) &&
          !isIn(from, ['src/totp/', 'src/control-plane/', 'src/config/', 'src/cli/'])),
    ),
    broken: [
      { 'src/slack/second-factor-modal.ts': "import { stepOfCode } from '../totp/totp.ts';" },
      { 'src/run/judge-vote.ts': "import { TOTP } from 'otpauth';" },
      { 'jobs/promote.ts': "import { readTotpSecret } from '../src/totp/totp.ts';" },
    ],
    kept: { 'src/control-plane/second-factors.ts': "import { stepOfCode } from '../totp/totp.ts';" },
  },
];
