// Acceptance 6: the demo as a person meets it, in a browser.
import { afterEach, expect, it } from 'vitest';
import { channel, people, planName } from '../../src/demo/open-demo.ts';
import { createSlackControl } from '../../src/demo/slack-control.ts';
import { type DemoProcess, startDemo } from '../fixtures/demo-process.ts';
import { openWorkspacePage } from '../fixtures/workspace-page.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

it('takes a run from /deploy over an approving reaction to its attestation in a browser, and ends without a trace', async () => {
  const demo = await startDemo();
  opened.push(demo.dispose);
  expect(demo.printed.join('\n')).toContain(`type: /deploy ${planName}`);
  const { page, actAs, type, openThread, messages, close } = await openWorkspacePage(demo.pageUrl);
  opened.push(close);

  await actAs(people.requester.realName);
  await type(`/deploy ${planName}`);
  await page.locator('.badge-eph').waitFor();
  await openThread();
  const request = messages('Approval needed');
  await request.waitFor();
  for (const gate of ['G0', 'G1', 'G2', 'G3', 'G4', 'G5']) {
    await messages(`${gate} · `).filter({ hasText: 'pass · took' }).first().waitFor();
  }

  await reactAsBystander(demo);
  const refused = request.filter({ hasText: '1 vote refused' });
  await refused.waitFor();

  await actAs(people.approver.realName);
  await request.getByTitle(':white_check_mark:').click();
  await messages(`Approved by ${people.approver.realName}`).waitFor();

  const final = messages(/PASS · Deploy/).filter({ hasText: 'Verify it, offline' });
  await final.waitFor();
  const said = await final.textContent();
  expect(said).toMatch(/evidence\.intoto\.jsonl sha256:[0-9a-f]{64}/);
  expect(said).toContain('G8 report and attestation: pass');
  await page.locator('.messages .bk-header', { hasText: 'PASS' }).waitFor();
  await page.locator('.thread-pane .file-card', { hasText: 'Evidence bundle' }).waitFor();
  await close();

  expect(await demo.processes()).toContainEqual(expect.stringContaining('local-slack'));
  expect((await demo.files()).length).toBeGreaterThan(100);
  expect(await demo.end('SIGINT')).toBe(0);
  expect(await demo.processes()).toEqual([]);
  expect(await demo.files()).toEqual([]);
}, 180_000);

/**
 * Kim, who may not approve, is the first to react. Not in the browser: this page has its emoji picker in the channel only,
 * while a reaction that stands on a message of a thread can be joined there, which Alex does.
 */
async function reactAsBystander({ pageUrl }: DemoProcess): Promise<void> {
  const control = createSlackControl(pageUrl);
  const message = (await control.messages(channel.id)).find(({ text }) => text.includes('Approval needed'));
  expect(message).toBeDefined();
  await control.reaction({
    channel: channel.id,
    ts: message?.ts ?? '',
    user: people.bystander.id,
    name: 'white_check_mark',
  });
}
