// `npm run docs`: writes the pages that follow from the code.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pages } from './docs/pages.ts';

for (const { file, render } of pages) {
  const now = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const wanted = render(now);
  if (wanted !== now) writeFileSync(file, wanted);
  console.log(`${file}: ${wanted === now ? 'as it was' : 'written'}`);
}
