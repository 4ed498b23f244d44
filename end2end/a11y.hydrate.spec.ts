import { expectAccessible, expectNoSideScroll } from './harness/axe.ts';
import { expect, test } from './harness/fixtures.ts';
import { Idp } from './harness/idp.ts';
import { Keyward } from './harness/server.ts';
import { shoot } from './harness/shots.ts';

// axe-core is JavaScript itself, so these states are looked at with it on; what it looks at is what the server sent.

test('the set-up page breaks no rule of axe, nor does it with a fault, nor once the link is used', async ({
  page,
  doubles,
}) => {
  const fresh = await Keyward.start(doubles);
  try {
    await page.goto(fresh.setupLink);
    await expectAccessible(page, 'set-up');
    await shoot(page, 'set-up');
    await page.getByLabel('E-mail').fill('first@example.com');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Create admin account' }).click();
    await expect(page.locator('.error')).toBeVisible();
    await expectAccessible(page, 'set-up with a fault');
    await shoot(page, 'set-up-fault');
    await page.goto(`${fresh.url}/setup?token=used`);
    await expectAccessible(page, 'set-up link used');
    await shoot(page, 'set-up-used');
  } finally {
    await fresh.remove();
  }
});

test('the sign-in page breaks no rule of axe, nor does it with a fault', async ({ page, account }) => {
  await page.goto('/sign-in');
  await expectAccessible(page, 'sign-in');
  await shoot(page, 'sign-in');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill('not the right password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('The e-mail address or the password is not right.')).toBeVisible();
  await expectAccessible(page, 'sign-in with a fault');
  await shoot(page, 'sign-in-fault');
});

test('the keys page breaks no rule of axe, empty and filled with every state', async ({ keys, secret, page }) => {
  await keys.open();
  await expectAccessible(page, 'no keys');
  await shoot(page, 'keys-empty');

  await keys.add({ secret: secret('ok'), label: 'Production' });
  await expect(page.locator('.key:target')).toHaveCount(1);
  await expectAccessible(page, 'a new key, marked');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'a new key, marked, dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await keys.add({ secret: secret('insufficient_quota'), label: 'Evals' });
  await keys.add({ provider: 'anthropic', secret: secret(401, 'sk-ant-'), label: 'Team' });
  await keys.add({ provider: 'groq', secret: secret(429, 'gsk_'), label: 'Batch' });
  await keys.add({ provider: 'mistral', secret: secret('html200', ''), label: 'Le Chat' });
  await keys.add({ provider: 'perplexity', secret: secret('ok', 'pplx-'), label: 'Search' });
  await keys.add({ provider: 'openrouter', secret: secret('ok', 'sk-or-v1-'), label: 'Old laptop' });
  for (const [label, word] of [
    ['Production', 'Works'],
    ['Evals', 'No credit'],
    ['Team', 'Rejected'],
    ['Batch', 'Rate limited'],
    ['Le Chat', 'Unexpected answer'],
  ] as const)
    await keys.test(label, word);
  await keys.choose('Old laptop', 'Switch off');
  await keys.expectDone('Key switched off');
  await expectAccessible(page, 'a notice and every state');
  await keys.open();
  await shoot(page, 'keys');
  await keys.row('Production').getByLabel('More for Production').click();
  await expectAccessible(page, 'an open row menu');
  await shoot(page, 'keys-menu');
});

test('each dialog breaks no rule of axe, as it opens and with faults', async ({ keys, secret, page }) => {
  const key = secret('ok');
  await keys.add({ secret: key, label: 'Production' });
  const id = await keys.idOf('Production');
  for (const [task, heading] of [
    ['replace', 'Replace key'],
    ['edit', 'Edit key'],
    ['delete', 'Delete key'],
  ] as const) {
    await keys.openDialog(`/keys/${id}/${task}`, heading);
    await expectAccessible(page, `${task} dialog`);
    await shoot(page, `dialog-${task}`);
  }

  await keys.openDialog('/keys/new', 'Add a provider key');
  await expectAccessible(page, 'add dialog');
  await shoot(page, 'dialog-add');

  await keys.fillNew({ secret: 'sk-short', label: 'x'.repeat(101) });
  await keys.button('Save key').click();
  await expect(keys.dialog.locator('.error').first()).toBeVisible();
  await expectAccessible(page, 'add dialog with faults');
  await shoot(page, 'dialog-add-faults');

  await keys.fillNew({ secret: secret('ok'), label: 'Maybe' });
  await keys.button('Test first').click();
  await expect(keys.dialog.getByRole('status').filter({ hasText: 'API key is valid' })).toBeVisible();
  await expectAccessible(page, 'add dialog with a result');
  await shoot(page, 'dialog-add-tested');

  await keys.fillNew({ secret: key, label: 'Again' });
  await keys.button('Save key').click();
  await expect(keys.dialog.getByText(/already keep this key/)).toBeVisible();
  await expectAccessible(page, 'add dialog with a duplicate');
  await shoot(page, 'dialog-add-duplicate');
});

test('a page that is not there breaks no rule of axe', async ({ keys, page }) => {
  await keys.open();
  await page.goto('/nowhere');
  await expectAccessible(page, 'not found');
  await shoot(page, 'not-found');
});

test('in dark colours the list and a dialog hold their contrast', async ({ keys, secret, page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await keys.add({ secret: secret(401), label: 'Production' });
  await keys.test('Production', 'Rejected');
  await expectAccessible(page, 'keys, dark');
  await keys.fillNew({ secret: 'sk-short' });
  await keys.button('Save key').click();
  await expect(keys.dialog.locator('.error').first()).toBeVisible();
  await expectAccessible(page, 'add dialog with a fault, dark');
});

test('signing in at a provider, and an account that does, break no rule of axe', async ({ page, doubles }) => {
  const idp = await Idp.start();
  const site = await Keyward.start(doubles, idp.settings);
  try {
    idp.serve(site.url);
    idp.people.set('ann', { roles: [], age: 3_600 });
    await page.goto(`${site.url}/sign-in?refused=taken`);
    await expectAccessible(page, 'sign-in with a provider, refused');
    await shoot(page, 'sign-in-provider');
    await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
    await page.getByLabel('Name').fill('ann');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.goto(`${site.url}/account`);
    await expectAccessible(page, 'account of a provider');
    await shoot(page, 'account-provider');
    await page.goto(`${site.url}/tokens/new`);
    await expectAccessible(page, 'a token, with the provider to be asked');
    await shoot(page, 'token-provider');
    await page.getByLabel('Name').fill('x');
    await page.getByRole('checkbox', { name: /^keys:read/ }).check();
    await page.getByRole('button', { name: 'Create token' }).click();
    await expect(page.getByRole('link', { name: 'Sign in at 127.0.0.1' })).toBeVisible();
    await expectAccessible(page, 'a token, on the way to the provider');
    await shoot(page, 'token-provider-asked');
  } finally {
    await site.remove();
    await idp.stop();
  }
});

test('keys beyond a smaller tier break no rule of axe and say why they are off', async ({
  keys,
  secret,
  page,
  keyward,
  account,
}) => {
  await keyward.run(['user', 'set-tier', account.email, 'professional']);
  for (let n = 0; n < 11; n += 1) {
    await page.request.post('/api/v1/byok/keys/add', {
      data: { provider: 'perplexity', key: secret('ok', 'pplx-'), label: `Key ${n}` },
      headers: { origin: keyward.url },
    });
  }
  await keyward.run(['user', 'set-tier', account.email, 'starter']);
  await keys.open();
  await expect(
    page.getByText('Your tier, starter, holds 10 keys. Those beyond it are switched off; none was deleted.'),
  ).toBeVisible();
  const off = page.getByRole('article').filter({ hasText: 'Key 10' }).getByRole('button', { name: 'Switch on' });
  await expect(off).toBeDisabled();
  await expect(off).toHaveAccessibleDescription(
    'Your tier, starter, holds 10 keys. Switch off or delete another first.',
  );
  await expectAccessible(page, 'keys beyond the tier');
  await shoot(page, 'keys-surplus');
});

test('the page of the REST API breaks no rule of axe, light and dark', async ({ page }) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto('/api/docs');
    await expectAccessible(page, `the REST API, ${colorScheme}`);
    await shoot(page, 'api-docs');
  }
  await page.setViewportSize({ width: 320, height: 640 });
  await expectNoSideScroll(page, 'the REST API at 320 px');
});
