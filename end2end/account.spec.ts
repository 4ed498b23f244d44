import { expect, signIn, test } from './harness/fixtures.ts';

const NEW = 'seven purple ladders under the bridge';

test.beforeEach(async ({ page, keyward, account }) => signIn(page.context(), keyward, account));

test('a password is changed by who knows it, and every other session ends', async ({
  page,
  browser,
  keyward,
  account,
}) => {
  const elsewhere = await browser.newContext({ baseURL: keyward.url });
  await signIn(elsewhere, keyward, account);
  await page.goto('/keys');
  await page.getByRole('link', { name: 'Account', exact: true }).click();
  await page.getByLabel('Current password').fill('not the right password');
  await page.getByLabel('New password').fill(NEW);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.locator('.error').filter({ hasText: 'This is not your password.' })).toBeInViewport();
  await expect(page.getByLabel('Current password')).toBeFocused();
  await expect(page.getByLabel('New password')).toHaveValue('');

  await page.getByLabel('Current password').fill(account.password);
  await page.getByLabel('New password').fill(NEW);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Password changed' })).toBeVisible();
  await expect(page.locator('main')).not.toContainText('End all others');
  const other = await elsewhere.request.get('/keys', { maxRedirects: 0 });
  expect(other.status(), 'the other browser is signed out').toBe(303);
  await elsewhere.close();
});

test('sessions are listed with when and where, and any of them can be ended', async ({
  page,
  browser,
  keyward,
  account,
}) => {
  const others = await Promise.all(
    ['192.0.2.41', '192.0.2.42', '192.0.2.43'].map(async (address) => {
      const context = await browser.newContext({
        baseURL: keyward.url,
        extraHTTPHeaders: { 'x-forwarded-for': address },
      });
      await signIn(context, keyward, account);
      return { address, context };
    }),
  );
  const stands = async (index: number) =>
    (await others[index]?.context.request.get('/keys', { maxRedirects: 0 }))?.status() === 200;
  await page.goto('/account');
  const rows = page.locator('.table--sessions tbody tr');
  await expect(rows).toHaveCount(4);
  await expect(rows.first()).toContainText('this browser');
  await page.getByRole('button', { name: 'End the session from 192.0.2.42' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Session ended' })).toBeVisible();
  await expect(rows).toHaveCount(3);
  expect(await Promise.all([0, 1, 2].map(stands))).toEqual([true, false, true]);
  await page.getByRole('button', { name: 'End all others' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'All other sessions ended' })).toBeVisible();
  await expect(rows).toHaveCount(1);
  expect(await Promise.all([0, 1, 2].map(stands))).toEqual([false, false, false]);
  for (const { context } of others) await context.close();
});

test('a theme is chosen once and stays', async ({ page, browser, keyward, account }) => {
  const theme = (of: typeof page) => of.locator('html').getAttribute('data-theme');
  await page.goto('/account');
  expect(await theme(page)).toBeNull();
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Theme changed' })).toBeVisible();
  expect(await theme(page)).toBe('dark');
  await expect(page.getByRole('button', { name: 'Dark' })).toHaveAttribute('aria-pressed', 'true');
  await page.goto('/keys');
  expect(await theme(page)).toBe('dark');

  const elsewhere = await browser.newContext({ baseURL: keyward.url });
  await signIn(elsewhere, keyward, account);
  const other = await elsewhere.newPage();
  await other.goto('/keys');
  expect(await theme(other), 'it goes with the person').toBe('dark');
  await elsewhere.close();

  await page.goto('/account');
  await page.getByRole('button', { name: 'As the system' }).click();
  expect(await theme(page)).toBeNull();
});
