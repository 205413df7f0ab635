// `npm run mutants`: plants the bugs of test/mutants one by one in a copy of the tree, and tells which the tests do not notice.
// See docs/contributing.md.
import { parseArgs } from 'node:util';
import { changedFiles, concerning } from './mutants/changed.ts';
import { readMutants } from './mutants/list.ts';
import { play, type Tried } from './mutants/play.ts';
import { allCaught, tableOf } from './mutants/table.ts';

const { values } = parseArgs({
  options: {
    area: { type: 'string', multiple: true, default: [] },
    changed: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '60' },
    minutes: { type: 'string', default: '30' },
  },
});

const root = process.cwd();
const all = readMutants(root);
const areas = new Set(all.map(({ area }) => area));
for (const area of values.area)
  if (!areas.has(area)) {
    console.error(`interlock: expected one of the areas ${[...areas].join(', ')}, got ${area}`);
    process.exit(2);
  }
const wanted = all.filter(({ area }) => values.area.length === 0 || values.area.includes(area));
const changed = values.changed ? changedFiles(root) : null;
const mutants = changed ? concerning(wanted, changed) : wanted;

console.log(`interlock: ${mutants.length} of ${all.length} mutants`);
const limits = {
  jobs: Number(values.jobs),
  mutantMs: Number(values.seconds) * 1000,
  wholeMs: Number(values.minutes) * 60_000,
};
const tried = await play(
  root,
  mutants,
  limits,
  ({ mutant: { area, file, breaks }, verdict, detail }: Tried) => {
    console.log(
      `${verdict === 'caught' ? 'caught' : verdict.toUpperCase()}: ${area}: ${file}: ${breaks}\n    ${detail}`,
    );
  },
);
console.log(`\n${tableOf(tried)}`);
process.exitCode = allCaught(tried) ? 0 : 1;
