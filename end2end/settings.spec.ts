import type { Browser, Page } from '@playwright/test';
import { canary } from './harness/canary.ts';
import { expect, freshAddress, signIn, test, type Account } from './harness/fixtures.ts';
import { KeysPage } from './harness/keys_page.ts';
import type { Keyward } from './harness/server.ts';

const NEW = 'seven purple ladders under the bridge';
let serial = 0;

/** An administrator of this test, signed in on `page`. */
async function asAdmin(page: Page, keyward: Keyward): Promise<Account> {
  serial += 1;
  const admin = { email: `root.${process.pid}.${serial}@example.com`, password: canary('pass-') };
  await keyward.addUser(admin.email, admin.password, 'admin');
  await signIn(page.context(), keyward, admin);
  return admin;
}

/** Somebody else's browser. */
async function elsewhere(browser: Browser, keyward: Keyward, account?: Account): Promise<Page> {
  const context = await browser.newContext({
    baseURL: keyward.url,
    extraHTTPHeaders: { 'x-forwarded-for': freshAddress() },
  });
  if (account) await signIn(context, keyward, account);
  return context.newPage();
}

async function openPerson(page: Page, email: string): Promise<void> {
  await page.goto('/settings');
  await page.getByRole('link', { name: 'People', exact: true }).first().click();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('link', { name: email }).click();
  await expect(page.getByRole('heading', { level: 1, name: email })).toBeVisible();
}

const fact = (page: Page, name: string) =>
  page.locator('.facts > div').filter({ has: page.getByText(name, { exact: true }) });

test('an administrator finds somebody, changes their tier, and sees how many keys they keep', async ({
  page,
  browser,
  keyward,
  account,
  secret,
}) => {
  const theirs = await elsewhere(browser, keyward, account);
  const mine = secret();
  await new KeysPage(theirs).add({ secret: mine, label: 'Very own' });
  await asAdmin(page, keyward);
  await openPerson(page, account.email);
  await expect(fact(page, 'Provider keys')).toContainText('1 of 10');
  await page.getByRole('link', { name: 'Change role or tier' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Tier').selectOption('professional');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Account changed' })).toBeVisible();
  await expect(fact(page, 'Tier')).toContainText('professional');
  for (const told of [await page.content()]) {
    expect(told).not.toContain('Very own');
    expect(told).not.toContain(mine.slice(-4));
  }
  await theirs.goto('/keys');
  await expect(theirs.getByRole('heading', { name: 'Very own' })).toBeVisible();
  await theirs.context().close();
});

test('a disabled account is signed out at once, and comes back with its keys', async ({
  page,
  browser,
  keyward,
  account,
  secret,
}) => {
  const theirs = await elsewhere(browser, keyward, account);
  await new KeysPage(theirs).add({ secret: secret(), label: 'Stays' });
  await asAdmin(page, keyward);
  await openPerson(page, account.email);
  await page.getByRole('link', { name: 'Disable' }).click();
  await expect(page.getByRole('dialog')).toContainText('Its provider key stays');
  await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Account disabled' })).toBeVisible();
  await expect(fact(page, 'State')).toContainText('Disabled');
  await expect(page.getByText('Not signed in anywhere.')).toBeVisible();
  await theirs.goto('/keys');
  await expect(theirs.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  await page.getByRole('link', { name: 'Enable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Enable account' }).click();
  await expect(fact(page, 'State')).toContainText('Active');
  await signIn(theirs.context(), keyward, account);
  await theirs.goto('/keys');
  await expect(theirs.getByRole('heading', { name: 'Stays' })).toBeVisible();

  await page.reload();
  await page.getByRole('button', { name: 'End all' }).click();
  await expect(page.getByText('Not signed in anywhere.')).toBeVisible();
  await theirs.reload();
  await expect(theirs.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await theirs.context().close();
});

test('a link for a new password is handed over, used once, and the new password works', async ({
  page,
  browser,
  keyward,
  account,
  installation,
}) => {
  await asAdmin(page, keyward);
  await openPerson(page, account.email);
  await page.getByRole('link', { name: 'Reset password' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make a link' }).click();
  await expect(page.getByText('Copy it now. It is not shown again.')).toBeVisible();
  const link = (await page.locator('#new-link').textContent()) ?? '';
  expect(link.startsWith(`${keyward.url}/reset?token=`)).toBe(true);
  installation.secrets.add(link.slice(-43));
  expect(page.url()).not.toContain('token=');
  await page.getByRole('link', { name: 'Done' }).click();
  expect(await page.content()).not.toContain(link.slice(-43));

  const theirs = await elsewhere(browser, keyward);
  await theirs.goto(link);
  await theirs.getByLabel('New password').fill('password1234');
  await theirs.getByRole('button', { name: 'Set password' }).click();
  await expect(theirs.locator('.error')).toBeVisible();
  await theirs.getByLabel('New password').fill(NEW);
  await theirs.getByRole('button', { name: 'Set password' }).click();
  await expect(theirs.getByText('Your password is set. Sign in with it.')).toBeVisible();
  await theirs.getByLabel('E-mail').fill(account.email);
  await theirs.getByLabel('Password', { exact: true }).fill(NEW);
  await theirs.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(theirs.getByRole('heading', { name: 'Provider keys', level: 1 })).toBeVisible();
  await theirs.goto(link);
  await expect(theirs.getByRole('heading', { name: 'This link does not work' })).toBeVisible();
  await theirs.context().close();
});

test('the audit trail is filtered, verified and taken along', async ({ page, browser, keyward, account, secret }) => {
  const theirs = await elsewhere(browser, keyward, account);
  await new KeysPage(theirs).add({ secret: secret(), label: 'One' });
  await theirs.context().close();
  await asAdmin(page, keyward);
  await page.goto('/settings/audit');
  await page.getByLabel('Person').fill(account.email);
  await page.getByLabel('Action').selectOption('key.add');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('row').nth(1)).toContainText('Provider key added');
  await expect(page.getByRole('row').nth(1)).toContainText(account.email);
  await expect(page.getByLabel('Person')).toHaveValue(account.email);

  await page.getByRole('link', { name: 'Export' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Every event that fits what the page shows');
  const downloads = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Download' }).click();
  const download = await downloads;
  expect(download.suggestedFilename()).toMatch(/^keyward-audit-\d{4}-\d\d-\d\d\.csv$/);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\r\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(',key.add,');

  await page.goto('/settings/audit');
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page.getByText('none missing or changed')).toBeVisible();
  await page.getByLabel('Person').fill('nobody at all');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page.locator('.error')).toContainText('Enter an e-mail address');
  await expect(page.getByRole('heading', { name: 'Nothing was looked up' })).toBeVisible();
});

test('the data key is rotated from the page of the vault', async ({ page, keyward, account, secret, browser }) => {
  const theirs = await elsewhere(browser, keyward, account);
  await new KeysPage(theirs).add({ secret: secret(), label: 'Sealed anew' });
  await asAdmin(page, keyward);
  await page.goto('/settings');
  await page.getByRole('link', { name: 'Vault', exact: true }).first().click();
  const before = await page.locator('[id^="data-key-"]').count();
  await page.getByRole('link', { name: 'Rotate the data key' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Rotation begun' })).toBeVisible();
  await expect(async () => {
    await page.goto('/settings/vault');
    await expect(page.getByText('Last rotated')).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 15_000 });
  expect(await page.locator('[id^="data-key-"]').count()).toBeGreaterThan(before);
  const keys = new KeysPage(theirs);
  await keys.open();
  await keys.test('Sealed anew', 'Works');
  await theirs.context().close();
});

test('the overview says what it looked at and leads to it', async ({ page, keyward }) => {
  await asAdmin(page, keyward);
  await page.goto('/settings');
  for (const check of ['Service credentials', 'People', 'Provider keys', 'Audit trail', 'Vault', 'Backup'])
    await expect(page.getByRole('heading', { level: 2, name: check })).toBeVisible();
  await expect(page.locator('.check').filter({ hasText: 'Backup' })).toContainText('Look at this');
});

test('who is no administrator finds no settings', async ({ page, keyward, account }) => {
  await signIn(page.context(), keyward, account);
  await page.goto('/keys');
  await expect(page.getByText('Settings', { exact: true })).toHaveCount(0);
  for (const path of ['/settings', '/settings/users', '/settings/audit', '/settings/vault']) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  }
});
