// What a host is like: system, free space, programs, writable paths, services. Changes nothing.
import { matchesPattern } from '../src/evidence/pattern.ts';
import type { Gate, GateContext, Observer } from '../src/gate/context.ts';
import { parametersOf } from '../src/gate/parameters.ts';
import { readableBytes } from '../src/gate/size-words.ts';
import { diskSpace, parseDiskSpace } from '../src/host/commands/observe-disk.ts';
import { parseServiceUnits, serviceUnits } from '../src/host/commands/observe-services.ts';
import {
  findTools,
  parseTools,
  parseWritability,
  pathWritability,
} from '../src/host/commands/observe-tools.ts';
import { expectOk } from '../src/host/run-ok.ts';
import type { GateOf } from '../src/plan/schema-gates.ts';
import type { HostSurveyFacts } from '../src/run/facts-of-findings.ts';

type Asked = GateOf<'host-survey'>['with'];

export const hostSurvey: Gate = {
  kind: 'host-survey',
  async run(context): Promise<HostSurveyFacts> {
    const asked = parametersOf(context, 'host-survey');
    const host = await context.host(asked.host);
    return {
      host: asked.host,
      system: await surveySystem(context, host, asked),
      freeBytes: await surveySpace(context, host, asked),
      ...(await surveyTools(context, host, asked)),
      servicesRunning: await surveyServices(context, host, asked),
      writable: await surveyPaths(context, host, asked),
    };
  },
};

async function surveySystem({ record, signal }: GateContext, host: Observer, { system }: Asked) {
  const uname = await host.run(
    { effect: 'observe', title: 'name the system', argv: ['uname', '-srm'] },
    { signal },
  );
  expectOk(uname);
  const seen = uname.stdout.trim();
  const holds = system === undefined || matchesPattern(system, seen, { lines: false });
  record.check('system', 'the system is as expected', holds, {
    expected: system ?? 'any',
    actual: seen,
  });
  return seen;
}

async function surveySpace({ record, signal }: GateContext, host: Observer, { freeBytes }: Asked) {
  if (!freeBytes) return null;
  const seen = parseDiskSpace(await host.run(diskSpace(freeBytes.path), { signal })).freeBytes;
  record.check('free-space', `enough free space at ${freeBytes.path}`, seen >= freeBytes.atLeast, {
    expected: `at least ${readableBytes(freeBytes.atLeast)}`,
    actual: readableBytes(seen),
  });
  return seen;
}

async function surveyTools({ record, signal }: GateContext, host: Observer, { tools }: Asked) {
  const names = [...tools.present, ...tools.absent];
  if (names.length === 0) return { toolsPresent: [], toolsAbsent: [] };
  const found = parseTools(await host.run(findTools(names), { signal }));
  decideNames(record, 'tools-present', 'programs that must be there', tools.present, (name) =>
    Boolean(found.get(name)),
  );
  decideNames(
    record,
    'tools-absent',
    'programs that must not be there',
    tools.absent,
    (name) => !found.get(name),
  );
  const those = (isThere: boolean) => names.filter((name) => Boolean(found.get(name)) === isThere);
  return { toolsPresent: those(true), toolsAbsent: those(false) };
}

async function surveyServices({ record, signal }: GateContext, host: Observer, { services }: Asked) {
  const { running, notRunning } = services;
  if (running.length + notRunning.length === 0) return [];
  const units = parseServiceUnits(await host.run(serviceUnits(), { signal }));
  if (units.state === 'absent') {
    record.check('services', 'the services could be listed', false, {
      expected: 'systemd',
      actual: units.reason,
      otherwise: 'inconclusive',
    });
    return [];
  }
  const isRunning = (name: string) =>
    units.value.some(({ unit, sub }) => (unit === name || unit === `${name}.service`) && sub === 'running');
  decideNames(record, 'services-running', 'services that must run', running, isRunning);
  decideNames(
    record,
    'services-not-running',
    'services that must not run',
    notRunning,
    (name) => !isRunning(name),
  );
  return [...running, ...notRunning].filter(isRunning);
}

async function surveyPaths({ record, signal }: GateContext, host: Observer, asked: Asked) {
  const paths = [...asked.writable, ...asked.notWritable];
  if (paths.length === 0) return [];
  const seen = parseWritability(await host.run(pathWritability(paths), { signal }));
  decideNames(
    record,
    'writable',
    'paths that the login may write to',
    asked.writable,
    (path) => seen.get(path) === 'writable',
  );
  decideNames(
    record,
    'not-writable',
    'paths that the login may not write to',
    asked.notWritable,
    (path) => seen.get(path) !== 'writable',
  );
  return paths.filter((path) => seen.get(path) === 'writable');
}

/** One criterion over all names, which says which of them do not hold. */
function decideNames(
  record: GateContext['record'],
  id: string,
  title: string,
  names: readonly string[],
  holds: (name: string) => boolean,
): void {
  if (names.length === 0) return;
  const wrong = names.filter((name) => !holds(name));
  record.check(id, title, wrong.length === 0, {
    expected: names.join(', '),
    actual: wrong.length === 0 ? 'all as expected' : `otherwise: ${wrong.join(', ')}`,
  });
}
