import { builtWithExecution } from '../kill-switch/constant.ts';
import { executionEnabled } from '../kill-switch/execution-enabled.ts';
import { guardMode, liveMark, requireLiveAdapter } from '../live/live-seam.ts';
import { defaultConnectionProvider, ProductionLiveExecutionAdapter } from '../live/production-adapter.ts';
import { Mode } from '../phases/mode.ts';
import { PHASES } from '../phases/phase.ts';
import { Refusal, type RefusalCode } from '../phases/refusal.ts';
import { runPhases } from '../phases/run-phases.ts';
import { PhaseSimulator } from '../phases/simulator.ts';
import type { Finding, Proof } from './proof.ts';
import { proofOrder } from './proof-order.ts';

/** What is shown of the live wiring. Each proof looks at the tree where it lies, switch file included. */
export const PROOFS: readonly Proof[] = [
  { id: 'PROOF-1', claim: 'kill switch is off', examine: killSwitchIsOff },
  { id: 'PROOF-2', claim: 'LIVE is refused before any adapter method', examine: liveIsRefusedFirst },
  { id: 'PROOF-3', claim: 'the DRYRUN guard is a no-op', examine: dryRunGuardIsNoOp },
  {
    id: 'PROOF-4',
    claim: 'a simulator-shaped object is refused as live adapter',
    examine: simulatorIsRefused,
  },
  {
    id: 'PROOF-5',
    claim: 'null, a plain object and a string are refused as live adapter',
    examine: othersAreRefused,
  },
  { id: 'PROOF-6', claim: 'a real adapter is accepted', examine: realAdapterIsAccepted },
  {
    id: 'PROOF-7',
    claim: 'the default connection provider refuses without a DSN',
    examine: providerNeedsDsn,
  },
  { id: 'PROOF-8', claim: 'the adapter refuses before it opens a connection', examine: adapterRefusesFirst },
];

async function killSwitchIsOff(tree: string): Promise<Finding> {
  const [built, enabled] = [builtWithExecution(), executionEnabled(tree)];
  return { holds: !built && !enabled, detail: `backing constant ${built}, executionEnabled() ${enabled}` };
}

async function liveIsRefusedFirst(tree: string): Promise<Finding> {
  const tripwire = tripwireAdapter();
  const code = await refusalOf(() =>
    runPhases({ mode: Mode.LIVE, order: proofOrder(), adapter: tripwire.adapter, tree }),
  );
  const touched = [...tripwire.touched].join(', ') || 'nothing';
  return {
    holds: code === 'execution-disabled' && touched === 'nothing',
    detail: `refusal ${code}, touched ${touched}`,
  };
}

async function dryRunGuardIsNoOp(tree: string): Promise<Finding> {
  const tripwire = tripwireAdapter();
  const code = await refusalOf(async () => {
    for (const adapter of [tripwire.adapter, undefined, null]) guardMode(Mode.DRYRUN, adapter, tree);
  });
  const outcomes = await runPhases({
    mode: Mode.DRYRUN,
    order: proofOrder(),
    adapter: tripwire.adapter,
    tree,
  });
  const simulated = outcomes.filter((outcome) => outcome.simulated).length;
  const touched = [...tripwire.touched].join(', ') || 'nothing';
  return {
    holds: code === 'none' && touched === 'nothing' && simulated === PHASES.length,
    detail: `refusal ${code}, touched ${touched}, ${simulated} of ${PHASES.length} phases simulated`,
  };
}

async function simulatorIsRefused(): Promise<Finding> {
  const simulator = new PhaseSimulator();
  const methods = Object.fromEntries(PHASES.map((phase) => [phase, async () => undefined]));
  const lookAlike = { ...methods, simulated: true };
  return allRefused({ simulator, lookAlike, 'marked look-alike': { ...lookAlike, [liveMark]: true } });
}

async function othersAreRefused(): Promise<Finding> {
  return allRefused({
    null: null,
    undefined: undefined,
    'plain object': {},
    string: 'ProductionLiveExecutionAdapter',
  });
}

async function realAdapterIsAccepted(): Promise<Finding> {
  let opened = 0;
  const adapter = new ProductionLiveExecutionAdapter({
    connections: async () => {
      opened += 1;
      throw new Error('a proof opens no connection');
    },
  });
  const code = await refusalOf(async () => requireLiveAdapter(adapter));
  return { holds: code === 'none' && opened === 0, detail: `refusal ${code}, ${opened} connections opened` };
}

async function providerNeedsDsn(): Promise<Finding> {
  let asked = 0;
  const connect = async () => {
    asked += 1;
    throw new Error('a proof opens no connection');
  };
  const codes = [
    await refusalOf(() => defaultConnectionProvider()()),
    await refusalOf(() => defaultConnectionProvider({ connect })()),
    await refusalOf(() => defaultConnectionProvider({ dsn: '', connect })()),
  ];
  const holds = asked === 0 && codes.every((code) => code === 'no-dsn');
  return { holds, detail: `refusals ${codes.join(', ')}, driver asked ${asked} times` };
}

async function adapterRefusesFirst(tree: string): Promise<Finding> {
  let opened = 0;
  const adapter = new ProductionLiveExecutionAdapter({
    tree,
    connections: async () => {
      opened += 1;
      throw new Error('a proof opens no connection');
    },
  });
  const codes: string[] = [];
  for (const phase of PHASES) codes.push(await refusalOf(() => adapter[phase](proofOrder())));
  const holds = opened === 0 && codes.every((code) => code === 'execution-disabled');
  return { holds, detail: `refusals ${[...new Set(codes)].join(', ')}, ${opened} connections opened` };
}

async function allRefused(candidates: Readonly<Record<string, unknown>>): Promise<Finding> {
  const codes: string[] = [];
  for (const [name, candidate] of Object.entries(candidates)) {
    codes.push(`${name} ${await refusalOf(async () => requireLiveAdapter(candidate))}`);
  }
  return { holds: codes.every((line) => line.endsWith(' not-a-live-adapter')), detail: codes.join(', ') };
}

/** The code of the refusal that an action ends in, `none` if it goes through, `another error` if it ends in one. */
async function refusalOf(action: () => Promise<unknown>): Promise<RefusalCode | 'none' | 'another error'> {
  try {
    await action();
    return 'none';
  } catch (error) {
    return error instanceof Refusal ? error.code : 'another error';
  }
}

/** Stands where an adapter would, carries the mark, does nothing, and remembers what of it was touched. */
function tripwireAdapter(): { readonly adapter: object; readonly touched: ReadonlySet<string> } {
  const touched = new Set<string>();
  const touch = (name: string | symbol) => touched.add(String(name));
  const adapter = new Proxy(
    { [liveMark]: true },
    {
      get: (target, name) => {
        touch(name);
        return name === liveMark
          ? target[liveMark]
          : async () => ({ phase: name, simulated: false, rows: {} });
      },
      has: (target, name) => {
        touch(name);
        return name in target;
      },
    },
  );
  return { adapter, touched };
}
