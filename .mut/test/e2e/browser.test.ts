// Acceptance 6: the demo as a person meets it, in a browser.
import { afterEach, expect, it } from 'vitest';
import { defaultPlan } from '../../src/demo/example-plans.ts';
import { people } from '../../src/demo/open-demo.ts';
import { startDemo } from '../fixtures/demo-process.ts';
import { openWorkspacePage } from '../fixtures/workspace-page.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

it('takes a run from /deploy over an approving reaction to its attestation in a browser, and ends without a trace', async () => {
  const demo = await startDemo();
  opened.push(demo.dispose);
  expect(demo.printed.join('\n')).toContain(`type: /deploy ${defaultPlan}`);
  const { page, actAs, type, openThread, messages, close } = await openWorkspacePage(demo.pageUrl);
  opened.push(close);

  await actAs(people.requester.realName);
  await type(`/deploy ${defaultPlan}`);
  await page.locator('.badge-eph').waitFor();
  await openThread();
  const request = messages('Approval needed');
  await request.waitFor();
  for (const gate of ['G0 · ', 'G1 · ', 'G2 · ', 'G3 · ', 'G4 · ', 'G5 stage']) {
    await messages(gate).filter({ hasText: 'pass · took' }).first().waitFor();
  }

  // The bot put both reactions there; Kim, who may not approve, is the first to join one.
  await actAs(people.bystander.realName);
  await request.getByTitle(':white_check_mark:').click();
  const refused = request.filter({ hasText: '1 vote refused' });
  await refused.waitFor();

  await actAs(people.approver.realName);
  await request.getByTitle(':white_check_mark:').click();
  await messages(`Approved by ${people.approver.realName}`).waitFor();

  const final = messages(/PASS · Deploy/).filter({ hasText: 'Verify it, offline' });
  await final.waitFor();
  const said = await final.textContent();
  expect(said).toMatch(/evidence\.intoto\.jsonl sha256:[0-9a-f]{64}/);
  expect(said).toContain(`Approved by ${people.approver.realName} (SG_1)`);
  expect(said).toContain('Pass criteria: 15 of 15 hold');
  expect(said).toContain('6 of 10 not done, 4 not evidenced');
  await page.locator('.messages .bk-header', { hasText: 'PASS' }).waitFor();
  for (const name of ['evidence.intoto.jsonl', 'interlock.pub.pem', 'ledger.jsonl']) {
    await page.locator('.thread-pane .file-card', { hasText: name }).first().waitFor();
  }
  await close();

  expect(await demo.processes()).toContainEqual(expect.stringContaining('local-slack'));
  expect((await demo.files()).length).toBeGreaterThan(100);
  expect(await demo.end('SIGINT')).toBe(0);
  expect(await demo.processes()).toEqual([]);
  expect(await demo.files()).toEqual([]);
}, 180_000);
