import type { Locator, Page } from '@playwright/test';
import { expect as expectSite, test as withCloudflare } from './harness/cloudflare.ts';
import { test as withCredentials } from './harness/credentials.ts';
import { expect, signIn, test } from './harness/fixtures.ts';
import { TokensPage } from './harness/tokens_page.ts';

/** What the server is asked to do from now on: method and path of every POST. */
function posts(page: Page): string[] {
  const seen: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') seen.push(new URL(request.url()).pathname);
  });
  return seen;
}

/** Presses twice, the second time while the first form is on its way to the server, which takes its time. */
async function pressTwice(page: Page, button: Locator, to: string): Promise<void> {
  await page.route(to, async (route) => {
    if (route.request().method() === 'POST') await new Promise((done) => setTimeout(done, 600));
    await route.continue().catch(() => undefined);
  });
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  const [x, y] = [box!.x + box!.width / 2, box!.y + box!.height / 2];
  await page.mouse.click(x, y);
  await page.waitForTimeout(250);
  await page.mouse.click(x, y);
}

// A token's form whose button is pressed twice, and what came of it.
async function makesOneToken(page: Page) {
  const tokens = new TokensPage(page);
  await tokens.fillNew('Twice', ['keys:read']);
  const seen = posts(page);
  await pressTwice(page, page.getByRole('button', { name: 'Create token' }), '**/tokens/new');
  await expect(page.getByRole('heading', { level: 1, name: 'Token created' })).toBeVisible();
  await tokens.open();
  await expect(tokens.row('Twice')).toHaveCount(1);
  expect(seen).toEqual(['/tokens/new']);
}

// Failed with two tokens.
test('pressing twice makes one token', async ({ page, keyward, account }) => {
  await signIn(page.context(), keyward, account);
  await makesOneToken(page);
});

test('so it does before the bundle has come, and if it never does', async ({ page, keyward, account, quiet }) => {
  await page.route('**/*.wasm', (route) => route.abort());
  await signIn(page.context(), keyward, account);
  await makesOneToken(page);
  // The loader reports what was blocked; that is this test's doing.
  quiet.length = 0;
});

test('a form on its way says so, is not sent again by Enter, and is free again when the browser brings it back', async ({
  page,
  keyward,
  account,
}) => {
  await signIn(page.context(), keyward, account);
  const tokens = new TokensPage(page);
  await tokens.fillNew('Once', ['keys:read']);
  const dialog = page.getByRole('dialog');
  const before = await dialog.getByRole('button', { name: 'Create token' }).boundingBox();
  const seen = posts(page);
  // Nothing comes back, so the page stays.
  await page.route('**/tokens/new', (route) => route.fulfill({ status: 204 }));
  await tokens.submit();
  const button = dialog.getByRole('button', { name: 'Creating…' });
  await expect(button).toHaveAttribute('aria-busy', 'true');
  expect((await button.boundingBox())?.width).toBeCloseTo(before!.width, 1);
  await dialog.getByLabel('Name').press('Enter');
  await button.click();
  expect(seen).toEqual(['/tokens/new']);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await expect(dialog.getByRole('button', { name: 'Create token' })).not.toHaveAttribute('aria-busy');
  await tokens.submit();
  await expect.poll(() => seen.length).toBe(2);
});

// Failed with two keys: between the answer and the next page the button was free.
test('a key is added once, also when it is pressed again on the way to the next page', async ({
  keys,
  secret,
  page,
}) => {
  await keys.fillNew({ secret: secret(), label: 'Once' });
  await expect(keys.button('Show')).toBeVisible();
  const seen = posts(page);
  await page.route('**/keys?done=added*', async (route) => {
    await new Promise((done) => setTimeout(done, 700));
    await route.continue();
  });
  const box = await keys.button('Save key').boundingBox();
  const press = () => page.mouse.click(box!.x + 20, box!.y + 10);
  const answered = page.waitForResponse('**/api/fn/keys/add');
  await press();
  await answered;
  await page.waitForTimeout(150);
  await press();
  await keys.expectDone('API key added');
  expect(seen).toEqual(['/api/fn/keys/add']);
});

test('a key is tested once by a double click on its row', async ({ keys, secret, doubles }) => {
  const key = secret('ok');
  await keys.add({ secret: key, label: 'Once' });
  await keys.row('Once').getByRole('button', { name: 'Test', exact: true }).dblclick();
  await expect(keys.state('Once')).toHaveText('Works');
  expect(doubles.received.filter((request) => request.secret === key)).toHaveLength(1);
});

// Failed with two tests: the first was answered before the double click ended.
test('testing first is one test, however soon it is answered', async ({ keys, secret, page }) => {
  await keys.fillNew({ provider: 'perplexity', secret: secret('ok', 'pplx-') });
  await expect(keys.button('Show')).toBeVisible();
  const seen = posts(page);
  const box = await keys.button('Test first').boundingBox();
  await page.mouse.move(box!.x + 20, box!.y + 10);
  await page.mouse.down();
  await page.mouse.up();
  await expect(keys.dialog.getByRole('status').filter({ hasText: 'No check exists' })).toBeVisible();
  await page.mouse.down({ clickCount: 2 });
  await page.mouse.up({ clickCount: 2 });
  await page.waitForTimeout(300);
  expect(seen).toEqual(['/api/fn/keys/test-candidate']);
});

// Failed with two calls.
withCredentials('a credential is tested once by two presses', async ({ admin, made, services }) => {
  await admin.add('stripe', 'Secret key', made('sk_live_'));
  services.received.length = 0;
  await pressTwice(admin.page, admin.card('Secret key').getByRole('button', { name: 'Test Secret key' }), '**/test');
  await expect(admin.page.locator('#notice')).toHaveText('Stripe accepts the credential.');
  expect(services.received).toHaveLength(1);
});

// Failed with two records.
withCloudflare('a DNS record is added once by two presses', async ({ page, admin, cloudflare }) => {
  void admin;
  await page.goto(`/settings/cloudflare/zones/${cloudflare.addZone('example.com')}/records/new`);
  await page.getByLabel('Name', { exact: true }).fill('www');
  await page.getByLabel('Content', { exact: true }).fill('192.0.2.7');
  const seen = posts(page);
  await pressTwice(page, page.getByRole('button', { name: 'Add record' }), '**/records/new');
  await expectSite(page.getByRole('status').filter({ hasText: 'Record added' })).toBeVisible();
  expectSite(cloudflare.records).toHaveLength(1);
  expectSite(seen).toHaveLength(1);
});

withCredentials('a download leaves the dialog usable', async ({ admin }) => {
  const { page } = admin;
  await page.goto('/settings/audit/export');
  for (let round = 0; round < 2; round += 1) {
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    await file;
    await expect(page.getByRole('button', { name: 'Download' })).not.toHaveAttribute('aria-busy', { timeout: 6_000 });
  }
});
