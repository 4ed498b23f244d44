import type { Page } from '@playwright/test';
import { expectSameDocument, mark, openAlive } from './harness/alive.ts';
import { expect, test } from './harness/fixtures.ts';
import { KeysPage } from './harness/keys_page.ts';

/** Pastes as a person does. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((value) => navigator.clipboard.writeText(value), text);
  await page.keyboard.press('ControlOrMeta+V');
}

test.describe('the secret field', () => {
  test('is revealed and hidden again', async ({ keys, secret }) => {
    const key = secret();
    await keys.fillNew({ secret: key });
    const field = keys.field('API key');
    await expect(field).toHaveAttribute('type', 'password');
    await keys.button('Show').click();
    await expect(field).toHaveAttribute('type', 'text');
    await expect(field).toHaveValue(key);
    await keys.button('Hide').click();
    await expect(field).toHaveAttribute('type', 'password');
  });

  test('is left alone by password managers and autofill', async ({ keys }) => {
    await keys.openDialog('/keys/new?provider=openai', 'Add a provider key');
    await expect(keys.field('API key')).toHaveAttribute('autocomplete', 'off');
    await expect(keys.field('API key')).toHaveAttribute('spellcheck', 'false');
  });

  for (const [wrapped, wrap] of [
    ['white space', (key: string) => `  ${key}\t`],
    ['quotes', (key: string) => `"${key}"`],
    ['Bearer', (key: string) => `Bearer ${key}`],
    ['a name', (key: string) => `export OPENAI_API_KEY="${key}"`],
  ] as const) {
    test(`takes ${wrapped} off what is pasted`, async ({ keys, secret, page, context }) => {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const key = secret();
      await keys.openDialog('/keys/new?provider=openai', 'Add a provider key');
      await expect(keys.button('Show')).toBeVisible();
      await keys.field('API key').focus();
      await paste(page, wrap(key));
      await expect(keys.field('API key')).toHaveValue(key);
    });
  }

  test('recognises another provider and offers to switch to it', async ({ keys, secret }) => {
    await keys.fillNew({ provider: 'openai', secret: secret('ok', 'sk-ant-') });
    await expect(keys.dialog.getByText('This looks like a key of Anthropic.')).toBeVisible();
    await keys.button('Switch to Anthropic').click();
    await expect(keys.field('Provider')).toHaveValue('anthropic');
    await expect(keys.button('Switch to Anthropic')).toHaveCount(0);
  });

  test('warns about a wrong prefix and does not forbid it', async ({ keys, secret }) => {
    await keys.fillNew({ provider: 'groq', secret: secret('ok', 'odd-'), label: 'Odd' });
    await expect(keys.dialog.getByText(/usually begin with gsk_/)).toBeVisible();
    await keys.button('Save key').click();
    await keys.expectDone('API key added');
  });
});

test('a refused form keeps everything that was typed, the secret too', async ({ keys, secret, page }) => {
  const key = secret();
  await keys.fillNew({ secret: key, label: 'x'.repeat(101) });
  await expect(keys.button('Show')).toBeVisible();
  await mark(page);
  await keys.button('Save key').click();
  await keys.expectFault('Label', /100/);
  await expect(keys.field('API key')).toHaveValue(key);
  await expectSameDocument(page);
});

test('a test in a dialog answers in place', async ({ keys, secret, page }) => {
  const key = secret('ok');
  await keys.fillNew({ secret: key });
  await expect(keys.button('Show')).toBeVisible();
  await mark(page);
  await keys.button('Test first').click();
  await expect(keys.dialog.getByRole('status').filter({ hasText: 'API key is valid and working' })).toBeVisible();
  await expect(keys.field('API key')).toHaveValue(key);
  await expectSameDocument(page);
});

test('a test in a row answers in place and moves nothing', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret('ok'), label: 'One' });
  await openAlive(keys);
  await mark(page);
  const button = keys.row('One').getByRole('button', { name: 'Test', exact: true });
  const before = await button.boundingBox();
  await keys.test('One', 'Works');
  await expectSameDocument(page);
  await expect(page.getByRole('status').filter({ hasText: 'API key is valid and working' })).toBeVisible();
  const after = await button.boundingBox();
  expect(after?.width).toBe(before?.width);
  expect(after?.x).toBe(before?.x);
});

test('a notice is taken away by a click', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret('ok'), label: 'One' });
  await openAlive(keys);
  await keys.test('One', 'Works');
  const notice = page.locator('#notice');
  await expect(notice).toContainText('API key is valid and working');
  await notice.click();
  await expect(notice).toBeEmpty();
});

test('the focus goes into a dialog, stays there, and returns to what opened it', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(), label: 'One' });
  await openAlive(keys);
  const opener = page.getByRole('link', { name: 'Add a key', exact: true });
  await opener.press('Enter');
  await keys.expectDialog('Add a provider key');
  await expect(keys.button('Show')).toBeVisible();
  const inside = () => page.evaluate(() => !!document.activeElement?.closest('dialog'));
  await expect.poll(inside).toBe(true);
  for (let step = 0; step < 14; step += 1) {
    await page.keyboard.press('Tab');
    expect(await inside(), `after ${step + 1} times Tab`).toBe(true);
  }
  await page.keyboard.press('Shift+Tab');
  expect(await inside()).toBe(true);
  await page.keyboard.press('Escape');
  await expect(keys.dialog).toHaveCount(0);
  await expect(page).toHaveURL(/\/keys$/);
  await expect(opener).toBeFocused();
});

test('Escape closes a row menu and gives the focus back', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(), label: 'One' });
  await openAlive(keys);
  const summary = keys.row('One').getByLabel('More for One', { exact: true });
  await summary.press('Enter');
  await expect(keys.row('One').getByRole('link', { name: 'Edit', exact: true })).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await expect(keys.row('One').getByRole('link', { name: 'Edit', exact: true })).toBeHidden();
  await expect(summary).toBeFocused();
});

test('a key that changes in another tab changes here, without a reload', async ({ keys, secret, page, context }) => {
  await keys.add({ secret: secret('ok'), label: 'First' });
  await openAlive(keys);
  await mark(page);

  const other = new KeysPage(await context.newPage());
  await other.add({ secret: secret('ok'), label: 'From elsewhere' });
  await expect(keys.row('From elsewhere')).toHaveCount(1);
  await other.test('First', 'Works');
  await expect(keys.state('First')).toHaveText('Works');
  await other.choose('From elsewhere', 'Delete');
  await other.button('Delete key').click();
  await expect(keys.row('From elsewhere')).toHaveCount(0);
  await expectSameDocument(page);
});

test('a session that ended elsewhere leads to the sign-in page', async ({ keys, secret, page, context }) => {
  await keys.add({ secret: secret('ok'), label: 'One' });
  await openAlive(keys);
  await context.clearCookies();
  await keys.row('One').getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
});

test('the page works with its WASM blocked', async ({ keys, secret, page, quiet }) => {
  await page.route('**/*.wasm', (route) => route.abort());
  await keys.add({ secret: secret(), label: 'Blocked' });
  await expect(keys.row('Blocked')).toHaveCount(1);
  // The loader reports what was blocked; that is this test's doing.
  quiet.length = 0;
});

test('nothing about a secret is kept by the page', async ({ keys, secret, page }) => {
  const key = secret();
  await keys.add({ secret: key, label: 'One' });
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
  );
  expect(kept).not.toContain(key);
});

test('a reload does not announce again', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(), label: 'One' });
  await expect(page).not.toHaveURL(/done=/);
  await page.reload();
  await expect(keys.row('One')).toBeVisible();
  await expect(page.locator('#notice')).toBeEmpty();
});
