import type { Page } from '@playwright/test';
import { Idp, type Person } from './harness/idp.ts';
import { expect, test as base } from './harness/fixtures.ts';
import { KeysPage } from './harness/keys_page.ts';
import { Keyward } from './harness/server.ts';

interface PerWorker {
  idp: Idp;
  site: Keyward;
}

const test = base.extend<{ login: (person: Person) => string }, PerWorker>({
  idp: [
    async ({}, use) => {
      const idp = await Idp.start();
      await use(idp);
      await idp.stop();
    },
    { scope: 'worker' },
  ],
  site: [
    async ({ doubles, idp }, use) => {
      const site = await Keyward.start(doubles, idp.settings);
      await site.addUser('root@example.com', 'violet otter crosses 17 bridges', 'admin');
      idp.serve(site.url);
      await use(site);
      expect(site.output, 'the log has no secret of the client').not.toContain(idp.secret.slice(-32));
      await site.remove();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ site }, use) => use(site.url),
  login: async ({ idp }, use, info) => {
    let serial = 0;
    await use((person) => {
      serial += 1;
      const login = `p${info.parallelIndex}${Date.now()}${serial}`;
      idp.people.set(login, person);
      return login;
    });
  },
});

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });

/** On the provider's page. */
async function answer(page: Page, login: string): Promise<void> {
  await expect(heading(page, 'Who are you?')).toBeVisible();
  await page.getByLabel('Name').fill(login);
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function signIn(page: Page, login: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
  await answer(page, login);
  await expect(heading(page, 'Provider keys')).toBeVisible();
}

test('a person signs in at the provider, with role and tier as it says', async ({ page, login, site }) => {
  const name = login({ roles: ['admin', 'offline_access'], tier: 'professional' });
  await page.goto('/keys/new?provider=groq');
  await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
  await answer(page, name);
  await expect(page).toHaveURL(`${site.url}/keys/new?provider=groq`);
  await page.goto('/account');
  await expect(page.locator('.who')).toContainText('professional · 0 of 50 keys');
  await expect(page.getByText('You sign in at 127.0.0.1.')).toBeVisible();
  await expect(page.getByLabel('Current password')).toHaveCount(0);
});

test('an answer that does not belong to this browser signs nobody in', async ({ page, login, context }) => {
  const name = login({ roles: [] });
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
  await expect(heading(page, 'Who are you?')).toBeVisible();
  // Whoever lured the browser here began the sign-in elsewhere.
  await context.clearCookies({ name: 'sign-in' });
  await answer(page, name);
  await expect(page.getByText('This sign-in was not finished in time, or was begun in another browser.')).toBeVisible();
  expect(page.url()).not.toContain('code=');
  await page.goto('/keys');
  await expect(heading(page, 'Sign in')).toBeVisible();

  await page.goto('/sign-in/oidc/callback?code=x&state=y');
  await expect(page.getByText('This sign-in was not finished in time')).toBeVisible();
});

test('an answer counts once', async ({ page, login, context }) => {
  let used = '';
  page.on('request', (request) => {
    if (request.url().includes('/callback?')) used = request.url();
  });
  await signIn(page, login({ roles: [] }));
  expect(used).toContain('code=');
  await context.clearCookies();
  await page.goto(used);
  await expect(page.getByText('This sign-in was not finished in time')).toBeVisible();
});

test('signing out ends the session here and at the provider', async ({ page, login }) => {
  await signIn(page, login({ roles: [] }));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(heading(page, 'Sign out?')).toBeVisible();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await expect(heading(page, 'Sign in')).toBeVisible();
  await page.goto('/keys');
  await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
  await expect(heading(page, 'Who are you?'), 'the provider asks again').toBeVisible();
});

test('what was typed survives a session that ended, and the secret does not', async ({
  page,
  doubles,
  secret,
  javaScriptEnabled,
}) => {
  const idle = 6_000;
  const idp = await Idp.start();
  const site = await Keyward.start(doubles, { ...idp.settings, KEYWARD_SESSION_IDLE: `${idle / 1_000}s` });
  idp.serve(site.url);
  try {
    const key = secret('ok');
    const keys = new KeysPage(page);
    await page.goto(`${site.url}/keys/new?provider=openai`);
    await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
    // Its last request: whatever came later than a tenth of the idle time would keep the session.
    const listening = javaScriptEnabled ? page.waitForResponse('**/events') : undefined;
    await answer(page, 'ann');
    await listening;
    await keys.field('API key').fill(key);
    await keys.field('Label').fill('Tuesday & Ümläut');
    await page.waitForTimeout(idle + 300);
    await keys.button('Save key').click();
    await expect(heading(page, 'Sign in')).toBeVisible();
    // The provider still knows who it is.
    await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
    await expect(page).toHaveURL(/\/keys\/new$/);
    await expect(keys.field('Label')).toHaveValue('Tuesday & Ümläut');
    await expect(keys.field('Provider')).toHaveValue('openai');
    await expect(keys.field('API key')).toHaveValue('');
    await expect(keys.dialog.getByText('what you had entered is back')).toBeVisible();
    await keys.field('API key').fill(key);
    await keys.button('Save key').click();
    await expect(keys.row('Tuesday & Ümläut')).toBeVisible();
  } finally {
    await site.remove();
    await idp.stop();
  }
});

test('a sensitive act asks the provider, comes back to the form and goes on', async ({ page, login }) => {
  const name = login({ roles: [], age: 3_600 });
  await signIn(page, name);
  await page.goto('/tokens/new');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Nightly build');
  await dialog.getByRole('checkbox', { name: /^keys:test/ }).check();
  await dialog.getByLabel('Works for').selectOption('7');
  await expect(dialog.getByText('You will be asked to sign in at 127.0.0.1 again')).toBeVisible();
  await dialog.getByRole('button', { name: 'Create token' }).click();
  await dialog.getByRole('link', { name: 'Sign in at 127.0.0.1' }).click();
  await answer(page, name);
  await expect(page).toHaveURL(/\/tokens\/new$/);
  await expect(dialog.getByLabel('Name')).toHaveValue('Nightly build');
  await expect(dialog.getByRole('checkbox', { name: /^keys:test/ })).toBeChecked();
  await expect(dialog.getByLabel('Works for')).toHaveValue('7');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  await expect(heading(page, 'Token created')).toBeVisible();
});

test('somebody else cannot confirm who one is', async ({ page, login, javaScriptEnabled }) => {
  await signIn(page, login({ roles: [], age: 3_600 }));
  await page.goto('/tokens/new');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('x');
  await dialog.getByRole('checkbox', { name: /^keys:test/ }).check();
  await dialog.getByRole('button', { name: 'Create token' }).click();
  await dialog.getByRole('link', { name: 'Sign in at 127.0.0.1' }).click();
  await answer(page, login({ roles: [] }));
  // The provider first ends the session that it had with the other person; a script presses its button.
  if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('You signed in at the provider as somebody else than here.')).toBeVisible();
});
