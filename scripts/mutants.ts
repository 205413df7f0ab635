// `npm run mutants`: plants the bugs of test/mutants one by one in a copy of the tree, and tells which the tests do not notice. With
// --room NAME it measures a pure room with StrykerJS instead. See docs/contributing.md.
import { parseArgs } from 'node:util';
import { changedFiles, concerning } from './mutants/changed.ts';
import { readMutants } from './mutants/list.ts';
import { holds, type Measured, measureRoom } from './mutants/measure-room.ts';
import { play, type Tried } from './mutants/play.ts';
import { rooms } from './mutants/rooms.ts';
import { allCaught, tableOf } from './mutants/table.ts';

const { values } = parseArgs({
  options: {
    area: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', default: '' },
    room: { type: 'string', multiple: true, default: [] },
    changed: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '120' },
    minutes: { type: 'string', default: '30' },
  },
});
const root = process.cwd();
const changed = values.changed ? changedFiles(root) : null;
const jobs = Number(values.jobs);
const minutes = Number(values.minutes);
process.exitCode = (values.room.length > 0 ? measureRooms() : await plantAll()) ? 0 : 1;

async function plantAll(): Promise<boolean> {
  const all = readMutants(root);
  requireNames('areas', values.area, [...new Set(all.map(({ area }) => area))]);
  const wanted = all.filter(({ area }) => values.area.length === 0 || values.area.includes(area));
  const named = wanted.filter(({ file, breaks }) => `${file}: ${breaks}`.includes(values.only));
  const mutants = changed ? concerning(named, changed) : named;
  console.log(`interlock: ${mutants.length} of ${all.length} mutants`);
  const limits = { jobs, mutantMs: Number(values.seconds) * 1000, wholeMs: minutes * 60_000 };
  const tried = await play(root, mutants, limits, say);
  console.log(`\n${tableOf(tried)}`);
  return allCaught(tried);
}

function say({ mutant: { area, file, breaks }, verdict, detail }: Tried): void {
  const word = verdict === 'caught' ? verdict : verdict.toUpperCase();
  console.log(`${word}: ${area}: ${file}: ${breaks}\n    ${detail}`);
}

function measureRooms(): boolean {
  const names = rooms.map(({ name }) => name);
  requireNames('rooms', values.room, [...names, 'all']);
  const wanted = rooms.filter(({ name }) => values.room.includes(name) || values.room.includes('all'));
  const only = changed ?? undefined;
  const measured = wanted.flatMap(
    (room) => measureRoom(root, room, { concurrency: jobs, only, minutes }) ?? [],
  );
  for (const each of measured) console.log(sayRoom(each));
  return measured.every(holds);
}

function sayRoom({ room, score, noticed, survived, ended }: Measured): string {
  const of = score === null ? 'nothing to tell' : `${score.toFixed(1)} % of ${noticed + survived}`;
  return `interlock: ${room.name}: ${ended ? of : 'did not come to its end'}, expected ${room.threshold} %`;
}

function requireNames(what: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  console.error(`interlock: expected one of the ${what} ${known.join(', ')}, got ${unknown}`);
  process.exit(2);
}
