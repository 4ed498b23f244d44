import { expect, signIn, test } from './harness/fixtures.ts';
import { statusWith, TokensPage } from './harness/tokens_page.ts';

test.beforeEach(async ({ page, keyward, account }) => signIn(page.context(), keyward, account));

test('a token is shown once, works, and stops the moment it is revoked', async ({ page, keyward, installation }) => {
  const tokens = new TokensPage(page);
  const token = await tokens.create('Deploy script', ['keys:read', 'keys:test']);
  installation.secrets.add(token.split('_')[3] ?? '');
  expect(page.url()).not.toContain('kw_u_');
  await expect(page.getByText('Copy it now. It is not shown again.')).toBeVisible();
  expect(await statusWith(keyward.url, token)).toBe(403);

  // A reload in the first minute costs nothing; afterwards the browser has nothing left to show it with.
  await page.reload();
  await expect(page.locator('#new-token')).toHaveText(token);
  await page.context().clearCookies({ name: 'new-token' });
  await page.reload();
  await expect(page.getByRole('heading', { name: 'This token is not shown again' })).toBeVisible();
  await expect(page.getByText(token)).toHaveCount(0);

  await tokens.open();
  await expect(tokens.row('Deploy script')).toContainText('Active');
  await expect(tokens.row('Deploy script')).toContainText('keys:test');
  expect(await page.content()).not.toContain(token.split('_')[3]);
  await tokens.row('Deploy script').getByRole('link', { name: 'Revoke Deploy script' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke token' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Token revoked' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'No tokens yet' })).toBeVisible();
  expect(await statusWith(keyward.url, token)).toBe(401);
});

test('a form with faults keeps what was chosen', async ({ page }) => {
  const tokens = new TokensPage(page);
  await tokens.fillNew('Nightly build', []);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Works for').selectOption('7');
  await tokens.submit();
  await expect(dialog.locator('.error').filter({ hasText: 'Choose at least one scope.' })).toBeVisible();
  await expect(dialog.getByLabel('Name')).toHaveValue('Nightly build');
  await expect(dialog.getByLabel('Works for')).toHaveValue('7');
});

test('a person gives no scope that their role has not', async ({ page }) => {
  await new TokensPage(page).fillNew('x', []);
  await expect(page.getByRole('checkbox', { name: /^keys:write/ })).toBeVisible();
  for (const name of [/^admin/, /^cloudflare/]) await expect(page.getByRole('checkbox', { name })).toHaveCount(0);
});

test('cancel leaves the dialog and makes nothing', async ({ page }) => {
  await new TokensPage(page).fillNew('x', ['keys:read']);
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'No tokens yet' })).toBeVisible();
});
