import { canary } from './harness/canary.ts';
import { expect, test as base } from './harness/fixtures.ts';
import { Keyward } from './harness/server.ts';

/** An installation without an admin, for each test its own. */
const test = base.extend<{ fresh: Keyward }>({
  fresh: async ({ doubles }, use) => {
    const keyward = await Keyward.start(doubles);
    await use(keyward);
    await keyward.remove();
  },
});

test('the set-up link makes the first admin and signs them in', async ({ page, fresh }) => {
  const password = canary('pass-');
  await page.goto(fresh.setupLink);
  await expect(page.getByRole('heading', { level: 1, name: 'Set up Keyward' })).toBeVisible();
  await page.getByLabel('E-mail').fill('first@example.com');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create admin account' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Provider keys' })).toBeVisible();
  expect(page.url()).not.toContain('token');

  const people = await fresh.run(['user', 'list']);
  expect(people.stdout).toMatch(/first@example\.com.*admin/);
});

test('the set-up link works once', async ({ page, fresh }) => {
  await page.goto(fresh.setupLink);
  await page.getByLabel('E-mail').fill('first@example.com');
  await page.getByLabel('Password', { exact: true }).fill(canary('pass-'));
  await page.getByRole('button', { name: 'Create admin account' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Provider keys' })).toBeVisible();

  const again = await page.goto(fresh.setupLink);
  expect(again?.status()).toBe(404);
  await expect(page.getByText('It was used or is too old.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Create admin account' })).toHaveCount(0);
});

test('a set-up link that never was one is refused', async ({ page, fresh }) => {
  const answer = await page.goto(`${fresh.url}/setup?token=${'A'.repeat(43)}`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByText('It was used or is too old.')).toBeVisible();
});

test('a weak password is refused beside the field and the e-mail address stays typed', async ({ page, fresh }) => {
  await page.goto(fresh.setupLink);
  await page.getByLabel('E-mail').fill('first@example.com');
  await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription('At least 12 characters.');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Create admin account' }).click();
  await expect(page.locator('.error')).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await expect(page.getByLabel('E-mail')).toHaveValue('first@example.com');

  await page.getByLabel('Password', { exact: true }).fill(canary('pass-'));
  await page.getByRole('button', { name: 'Create admin account' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Provider keys' })).toBeVisible();
});
