// An 'error' event that nobody hears ends the process. So whatever emits one has a listener where it is made.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const makes =
  /\bnew (?:pg\.(?:Client|Pool)|Redis|Queue|QueueEvents|Worker|backend\.classes\.Worker|Socket|WebSocket)\(|\bcreateServer\(|\bspawn\(/g;
const hears = /\.on\(\s*'error'/g;

const sources = ['src', 'jobs', 'commands'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('demo/'))
    .map((name) => join(folder, name)),
);

it.each(
  sources.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const made = text.match(makes)?.length ?? 0;
    return made === 0 ? [] : [{ file, made, heard: text.match(hears)?.length ?? 0 }];
  }),
)('$file hears the errors of each of the $made emitters that it makes', ({ made, heard }) => {
  expect(heard).toBeGreaterThanOrEqual(made);
});
