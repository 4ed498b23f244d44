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

const ENDED = 'Your session ended. Sign in to go on.';
const LOST = 'What you entered was not saved.';

// Failed with a bare sign-in page.
test('whoever is led to the sign-in page because a session ended is told so', async ({
  page,
  keys,
  secret,
  account,
}) => {
  await keys.add({ secret: secret('ok'), label: 'One' });
  const end = async () => {
    const [cookie] = (await page.context().cookies()).filter((one) => one.name.endsWith('sid'));
    await page.context().addCookies([{ ...cookie!, value: 'A'.repeat(cookie!.value.length) }]);
  };
  const note = page.getByRole('status').filter({ hasText: ENDED });

  await end();
  await page.goto('/keys');
  await expect(note).toHaveText(ENDED);
  await fill(page, account);
  await expect(keys.row('One')).toBeVisible();

  await end();
  await keys.row('One').getByRole('button', { name: 'Test', exact: true }).click();
  await expect(note).toHaveText(ENDED);
  await fill(page, account);

  await keys.fillNew({ secret: secret(), label: 'Two' });
  await end();
  await keys.button('Save key').click();
  await expect(note).toHaveText(`${ENDED} ${LOST}`);
  await fill(page, account);
  await expect(page).toHaveURL(/\/keys\/new$/);

  await page.context().clearCookies();
  await page.goto('/sign-in?ended=anything');
  await expect(page.getByText('Your session ended')).toHaveCount(0);
  await page.goto('/keys');
  await expect(page.getByText('Your session ended'), 'nobody was signed in').toHaveCount(0);
});

test('after a refusal the password has the focus', async ({ page, account }) => {
  await page.goto('/sign-in');
  await expect(page.getByLabel('E-mail')).toBeFocused();
  await fill(page, { ...account, password: 'not the right password' });
  await expect(page.getByText('The e-mail address or the password is not right.')).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
});
