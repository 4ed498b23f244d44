import { expectSameDocument, mark, openAlive } from './harness/alive.ts';
import { expect, test } from './harness/fixtures.ts';
import type { KeysPage } from './harness/keys_page.ts';

test.describe('the menu of a row', () => {
  /** Twelve keys at one provider, so that the list is longer than the window, which is scrolled to one in its middle. */
  async function scrolled(keys: KeysPage, make: () => string, keyward: { url: string }): Promise<number> {
    await keys.page.setViewportSize({ width: 1280, height: 500 });
    for (let n = 0; n < 10; n += 1) {
      const answer = await keys.page.request.post('/api/v1/byok/keys/add', {
        data: { provider: 'openai', key: make(), label: `Key ${n}` },
        headers: { origin: keyward.url },
      });
      expect(answer.status()).toBe(200);
    }
    await openAlive(keys);
    await keys.row('Key 5').evaluate((row) => row.scrollIntoView({ block: 'center' }));
    return keys.page.evaluate(() => scrollY);
  }

  for (const [act, done] of [
    ['Switch off', 'Key switched off'],
    ['Make default', 'Default changed'],
  ] as const) {
    // Failed with the focus at the heading, the page at its top and the menu open.
    test(`closes at ${act}, and page and focus stay at the row`, async ({ keys, secret, page, keyward }) => {
      const before = await scrolled(keys, secret, keyward);
      expect(before).toBeGreaterThan(100);
      // The second refresh comes from the event.
      const lists: string[] = [];
      page.on('response', (answer) => {
        if (answer.url().endsWith('part=list')) lists.push(answer.url());
      });
      await keys.choose('Key 5', act);
      await keys.expectDone(done);
      await expect.poll(() => lists.length).toBeGreaterThan(1);
      await expect(keys.row('Key 5').getByLabel('More for Key 5', { exact: true })).toBeFocused();
      await expect(keys.row('Key 5').locator('details.menu')).not.toHaveAttribute('open');
      expect(Math.abs((await page.evaluate(() => scrollY)) - before)).toBeLessThan(3);
    });
  }

  // Failed with the dialog "Delete key": the second press met another entry of a menu that stayed open.
  test('meets nothing else with the second press of a double click', async ({ keys, secret, page, keyward }) => {
    await scrolled(keys, secret, keyward);
    await mark(page);
    await keys.row('Key 5').getByLabel('More for Key 5', { exact: true }).click();
    const box = await keys.row('Key 5').getByRole('button', { name: 'Make default', exact: true }).boundingBox();
    await page.mouse.click(box!.x + 40, box!.y + box!.height / 2, { clickCount: 2, delay: 10 });
    await keys.expectDone('Default changed');
    await expect(keys.dialog).toHaveCount(0);
    await expectSameDocument(page);
    await expect(page.locator('details.menu[open]')).toHaveCount(0);
    await expect(page.locator('article [aria-busy]')).toHaveCount(0);
    await expect(page.locator('.state', { hasText: 'Not tested' })).toHaveCount(10);
  });

  test('and a button that is gone after it was pressed leave the focus in the row', async ({ keys, secret, page }) => {
    await keys.add({ secret: secret(), label: 'One' });
    await openAlive(keys);
    await keys.choose('One', 'Switch off');
    await keys.expectDone('Key switched off');
    await keys.row('One').getByRole('button', { name: 'Switch on', exact: true }).press('Enter');
    await expect(page.locator('#notice')).toContainText('Key switched on');
    await expect(keys.row('One').getByLabel('More for One', { exact: true })).toBeFocused();
  });
});

// Failed with two tests: the list that came meanwhile had a row that was free.
test('a row at work stays so when the list changes meanwhile', async ({ keys, secret, page, keyward }) => {
  await keys.add({ secret: secret('ok'), label: 'One' });
  await openAlive(keys);
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  let tests = 0;
  await page.route('**/api/fn/keys/test', async (route) => {
    tests += 1;
    await held;
    await route.continue();
  });
  await keys.row('One').getByRole('button', { name: 'Test', exact: true }).click();
  await page.request.post('/api/v1/byok/keys/add', {
    data: { provider: 'openai', key: secret(), label: 'Two' },
    headers: { origin: keyward.url },
  });
  await expect(keys.row('Two')).toBeVisible();
  await keys.row('One').getByRole('button', { name: 'Testing…' }).click();
  go();
  await expect(keys.state('One')).toHaveText('Works');
  await expect(keys.row('One').getByRole('button', { name: 'Test', exact: true })).toBeVisible();
  expect(tests).toBe(1);
});

// Failed with a line more before the bundle had come.
test('no row changes its height when moments become words', async ({ keys, secret, page, quiet }) => {
  for (const label of ['One', 'Two']) await keys.add({ secret: secret('ok'), label });
  await openAlive(keys);
  await keys.test('One', 'Works');
  const heights = () => keys.rows.evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
  for (const width of [1280, 1440, 800]) {
    await page.setViewportSize({ width, height: 800 });
    await openAlive(keys);
    await expect(keys.row('One').locator('time').first()).toHaveText('just now');
    const said = await heights();
    await page.route('**/*.wasm', (route) => route.abort());
    await keys.open();
    await expect(keys.row('One').locator('time').first()).toHaveText(/UTC$/);
    expect(await heights(), `${width} px`).toEqual(said);
    await page.unroute('**/*.wasm');
  }
  // The loader reports what was blocked; that is this test's doing.
  quiet.length = 0;
});
