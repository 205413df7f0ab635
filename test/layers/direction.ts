// Who may know whom: Slack command → run → gate jobs → evidence → ledger → report and attestation → Slack thread.
import { isIn, perImport, type Rule } from './rule.ts';

const isJob = (path: string) => path.startsWith('jobs/');
const isCommand = (path: string) => path.startsWith('commands/');

export const direction: readonly Rule[] = [
  {
    name: 'only src/main.ts imports commands/ and jobs/',
    faults: perImport(({ from, to }) => (isJob(to) || isCommand(to)) && from !== 'src/main.ts'),
    broken: [
      { 'src/run/a.ts': "import { stage } from '../../jobs/stage.ts';" },
      { 'src/slack/app.ts': "const { deploy } = await import('../../commands/deploy.ts');" },
      { 'jobs/a.ts': "import type { B } from './b.ts';" },
      { 'commands/a.ts': "export { b } from './b.ts';" },
    ],
    kept: {
      'src/main.ts':
        "import { deploy } from '../commands/deploy.ts'; import { stage } from '../jobs/stage.ts';",
      'src/cli/a.ts': "import { stage } from '../commands-of-the-host.ts';",
    },
  },
  {
    name: 'only the command line imports src/main.ts, and only when a command needs it',
    faults: perImport(
      ({ from, to, dynamic, typeOnly }) =>
        to === 'src/main.ts' && !(from.startsWith('src/cli/') && (dynamic || typeOnly)),
    ),
    broken: [
      { 'src/cli/serve.ts': "import { up } from '../main.ts';" },
      { 'src/demo/a.ts': "const { up } = await import('../main.ts');" },
    ],
    kept: {
      'src/cli/serve.ts':
        "import type * as Main from '../main.ts'; const { up } = await import('../main.ts');",
    },
  },
  {
    name: 'a proof on a database knows plans, probes and hosts, and of execution the switch; nothing that runs it',
    faults: perImport(
      ({ from, to, typeOnly }) =>
        isIn(from, ['src/database-proof/']) &&
        /^(?:src|jobs|commands)\//.test(to) &&
        !isIn(to, ['src/database-proof/', 'src/plan/', 'src/probe/', 'src/host/', 'src/evidence/']) &&
        !(typeOnly && to === 'src/execution/kill-switch.ts'),
    ),
    broken: [
      { 'src/database-proof/a.ts': "import type { GateContext } from '../gate/context.ts';" },
      { 'src/database-proof/a.ts': "import { createKillSwitch } from '../execution/kill-switch.ts';" },
      { 'src/database-proof/a.ts': "import { b } from '../run/facts.ts';" },
    ],
    kept: {
      'src/database-proof/a.ts':
        "import type { KillSwitch } from '../execution/kill-switch.ts'; import { inDatabaseSession } from '../probe/database-session.ts';",
      'src/gate/a.ts': "import { runDatabaseProof } from '../database-proof/run-proof.ts';",
    },
  },
  {
    name: 'a job knows neither Slack nor ledger nor queue nor control plane',
    faults: perImport(
      ({ from, to }) =>
        isJob(from) &&
        isIn(to, ['src/slack/', 'src/ledger/', 'src/queue/', 'src/control-plane/', '@slack/bolt', 'bullmq']),
    ),
    broken: [
      { 'jobs/a.ts': "import { code } from '../src/slack/view/escape.ts';" },
      { 'jobs/a.ts': "import type { Ledger } from '../src/ledger/ledger.ts';" },
      { 'jobs/a.ts': "import { jobId } from '../src/queue/job-names.ts';" },
      { 'jobs/a.ts': "type Job = import('bullmq').Job;" },
    ],
    kept: { 'jobs/a.ts': "import { GateStop } from '../src/gate/context.ts';" },
  },
  {
    name: 'a command knows neither ledger nor queue nor host nor gate nor execution',
    faults: perImport(
      ({ from, to }) =>
        isCommand(from) &&
        isIn(to, ['src/ledger/', 'src/queue/', 'src/host/', 'src/gate/', 'src/execution/', 'src/worker/']),
    ),
    broken: [
      { 'commands/a.ts': "import { Ledger } from '../src/ledger/ledger.ts';" },
      { 'commands/a.ts': "import type { Gate } from '../src/gate/context.ts';" },
      { 'commands/a.ts': "await import('../src/host/ssh-host.ts');" },
    ],
    kept: { 'commands/a.ts': "import type { Command } from '../src/slack/command.ts';" },
  },
  {
    name: 'what decides and what gates are made of does not know Slack',
    faults: perImport(
      ({ from, to }) =>
        isIn(from, [
          'src/run/',
          'src/gate/',
          'src/plan/',
          'src/report/',
          'src/attestation/',
          'src/ledger/',
        ]) && isIn(to, ['src/slack/', '@slack/bolt', '@slack/web-api']),
    ),
    broken: [
      { 'src/run/coordinator.ts': "import { project } from '../slack/projection.ts';" },
      { 'src/report/a.ts': "import type { types } from '@slack/bolt';" },
    ],
    kept: { 'src/slack/projection.ts': "import type { RunState } from '../run/state.ts';" },
  },
  {
    name: 'nothing imports test/, and only the demo imports examples/',
    faults: perImport(
      ({ from, to }) =>
        isIn(to, ['test/', 'scripts/']) ||
        (to.startsWith('examples/') && !isIn(from, ['src/demo/', 'src/cli/demo.ts', 'examples/'])),
    ),
    broken: [
      { 'src/main.ts': "import { buildWorld } from '../examples/world/build-world.ts';" },
      { 'src/demo/a.ts': "import { people } from '../../test/fixtures/slack-workspace.ts';" },
      { 'jobs/a.ts': "import type { World } from '../examples/world/build-world.ts';" },
    ],
    kept: { 'src/demo/a.ts': "import { buildWorld } from '../../examples/world/build-world.ts';" },
  },
  {
    name: 'only the command line imports the demo, and examples/ know nothing of Interlock',
    faults: perImport(
      ({ from, to }) =>
        (to.startsWith('src/demo/') && !isIn(from, ['src/demo/', 'src/cli/demo.ts'])) ||
        (from.startsWith('examples/') && isIn(to, ['src/', 'jobs/', 'commands/'])),
    ),
    broken: [
      { 'src/main.ts': "import { openStage } from './demo/open-demo.ts';" },
      { 'examples/world/a.ts': "import { Secret } from '../../src/evidence/secret.ts';" },
    ],
    kept: { 'src/cli/demo.ts': "const parts = await import('../demo/open-demo.ts');" },
  },
  {
    name: 'operators reach a run by the same RunControl as Slack does, and by nothing else',
    faults: perImport(
      ({ from, to, names }) =>
        from.startsWith('src/operator/') &&
        to.startsWith('src/') &&
        // How a word is quoted for a shell reaches nothing.
        !(to === 'src/host/command.ts' && names.every((name) => name === 'shellQuote')) &&
        !isIn(to, ['src/operator/', 'src/run/', 'src/ledger/directory-lock.ts']),
    ),
    broken: [
      { 'src/operator/answer.ts': "import { Ledger } from '../ledger/ledger.ts';" },
      { 'src/operator/answer.ts': "import type { SlackApp } from '../slack/app.ts';" },
      { 'src/operator/answer.ts': "import { shellQuote, toShellLine } from '../host/command.ts';" },
    ],
    kept: { 'src/operator/answer.ts': "import type { RunControl } from '../run/control.ts';" },
  },
];
