import type { Page } from '@playwright/test';
import { expect, test, type Account } from './harness/fixtures.ts';

async function fill(page: Page, account: Account): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('a local account signs in and comes to its keys', async ({ page, account }) => {
  await page.goto('/sign-in');
  await fill(page, account);
  await expect(page.getByRole('heading', { level: 1, name: 'Provider keys' })).toBeVisible();
  await expect(page.getByText(account.email)).toBeVisible();
});

test('a wrong password and an unknown account get the same words', async ({ page, account }) => {
  const said: string[] = [];
  for (const email of [account.email, `nobody.${account.email}`]) {
    await page.goto('/sign-in');
    await fill(page, { email, password: 'not the right password' });
    await expect(page.getByText('The e-mail address or the password is not right.')).toBeVisible();
    await expect(page.getByLabel('E-mail')).toHaveValue(email);
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
    said.push(await page.locator('main').innerText());
  }
  expect(said[0]).toBe(said[1]);
});

test('a visitor comes back to the page they asked for', async ({ page, account }) => {
  await page.goto('/keys/new?provider=groq');
  await expect(page).toHaveURL(/\/sign-in/);
  await fill(page, account);
  await expect(page).toHaveURL(/\/keys\/new\?provider=groq$/);
  await expect(page.getByRole('dialog').getByLabel(/^Provider/)).toHaveValue('groq');
});

test('the way back never leaves this site', async ({ page, account, keyward }) => {
  for (const next of ['https://example.com/', '//example.com/', '/\\example.com']) {
    await page.context().clearCookies();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await fill(page, account);
    await expect(page.getByRole('heading', { level: 1, name: 'Provider keys' })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(keyward.url);
  }
});

test('signing out ends the session, also for a copy of its cookie', async ({ page, keys }) => {
  await keys.open();
  const cookies = await page.context().cookies();
  expect(cookies.filter((cookie) => cookie.name.endsWith('sid'))).toMatchObject([{ httpOnly: true, sameSite: 'Lax' }]);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();

  await page.context().addCookies(cookies);
  await page.goto('/keys');
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
});
