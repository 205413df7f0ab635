// Takes the README's pictures of a real run, from the local workspace's page in a headless Chromium.
// Run it by hand: node scripts/screenshot.ts [DIRECTORY, docs/images without it]. Needs Debian's packages chromium,
// fonts-lato, fonts-noto-color-emoji and pngquant; the tests need only the first.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { defaultPlan } from '../src/demo/example-plans.ts';
import { people } from '../src/demo/open-demo.ts';
import { startDemo } from '../test/fixtures/demo-process.ts';
import { openWorkspacePage } from '../test/fixtures/workspace-page.ts';

/** CSS pixels: channel and thread side by side, the thread as wide as a reader of long lines drags it. */
const size = { width: 1_560, height: 1_000, scale: 1.5 };
const threadWidth = 720;
const maxBytes = 300_000;

const target = process.argv[2] ?? 'docs/images';
await mkdir(target, { recursive: true });
await using opened = new AsyncDisposableStack();
// A short name, since it is part of every path that the messages show.
const out = await mkdtemp(join(tmpdir(), 'il-'));
opened.defer(() => rm(out, { recursive: true, force: true, maxRetries: 5 }));
const demo = await startDemo(['--out', out]);
opened.defer(() => demo.dispose());
const { page, thread, actAs, type, openThread, messages, close } = await openWorkspacePage(
  demo.pageUrl,
  size,
);
opened.defer(close);

await actAs(people.requester.realName);
await type(`/deploy ${defaultPlan}`);
await openThread();
await widenThread();
const request = messages('Approval needed');
await request.waitFor();
// The channel's message follows the thread within two seconds.
await page.locator('.messages').getByText('approval in the thread').waitFor();
await actAs(people.approver.realName);
await pictureOf('gate', messages('G3 · tests and security'));
await showWhole(request);
await page.screenshot({ ...file('run-thread'), clip: await belowTheBar() });

await request.getByRole('button', { name: 'Approve' }).click();
const final = messages(/PASS · Deploy/).filter({ hasText: 'Verify it, offline' });
await final.waitFor();
await pictureOf('attestation', final);
await demo.end('SIGINT');

for (const name of ['gate', 'run-thread', 'attestation']) {
  const { path } = file(name);
  execFileSync('pngquant', ['--force', '--output', path, '256', path]);
  const bytes = (await stat(path)).size;
  console.log(`${path}: ${bytes} bytes${bytes > maxBytes ? `; expected ${maxBytes} at most, crop it` : ''}`);
}

function file(name: string): { path: string; animations: 'disabled' } {
  return { path: join(target, `${name}.png`), animations: 'disabled' };
}

async function pictureOf(name: string, message: Locator): Promise<void> {
  await showWhole(message);
  await message.screenshot(file(name));
}

async function widenThread(): Promise<void> {
  const { x, y, width } = await boxOf(thread);
  await page.mouse.move(x, y + 300);
  await page.mouse.down();
  await page.mouse.move(x + width - threadWidth, y + 300);
  await page.mouse.up();
}

/** Makes the window as high as the message needs, and scrolls to it, with nothing under the mouse. */
async function showWhole(message: Locator): Promise<void> {
  const { height } = await boxOf(message);
  await page.setViewportSize({ width: size.width, height: Math.max(size.height, Math.ceil(height) + 180) });
  await message.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  await page.mouse.move(0, 0);
}

async function belowTheBar(): Promise<{ x: number; y: number; width: number; height: number }> {
  const { x, y, height } = await boxOf(page.locator('.main'));
  return { x, y, width: size.width - x, height };
}

async function boxOf(part: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await part.boundingBox();
  if (!box) throw new RangeError('expected a part of the page that is shown, got one that is not');
  return box;
}
