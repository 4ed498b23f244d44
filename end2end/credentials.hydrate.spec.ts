import { expectAccessible, expectNoSideScroll } from './harness/axe.ts';
import { expect, test } from './harness/credentials.ts';
import { shoot } from './harness/shots.ts';

test('a try leaves the secret in its field, and a refusal too', async ({ admin, made }) => {
  await admin.openAdd('cloudflare', 'API token');
  const token = made();
  await admin.field('API token').fill(token);
  await admin.field('Account ID').fill('not an id');
  await admin.button('Test first').click();
  await expect(admin.field('Account ID')).toHaveAccessibleDescription(/32 digits/);
  await expect(admin.field('Account ID')).toBeFocused();
  await expect(admin.field('API token')).toHaveValue(token);
  await admin.field('Account ID').fill('');
  await admin.button('Test first').click();
  await expect(admin.dialog.getByRole('status').filter({ hasText: 'accepts the credential' })).toBeVisible();
  await expect(admin.dialog.getByText('paste it again')).toHaveCount(0);
  await admin.field('Account ID').fill('0'.repeat(32));
  await expect(admin.dialog.locator('#outcome'), 'it was about other fields').toBeEmpty();
  await admin.field('Account ID').fill('');
  await expect(admin.field('API token')).toHaveValue(token);
  await admin.button('Save').click();
  await admin.expectDone('Credential stored');
});

test('every state of the page breaks no rule of axe and fits every width', async ({ admin, made }) => {
  // Some forty looks at a dozen states.
  test.setTimeout(180_000);
  const { page } = admin;
  const look = async (state: string) => {
    await expectAccessible(page, state);
    for (const width of [320, 360, 640, 833, 1280, 1920]) {
      await page.setViewportSize({ width, height: 700 });
      await expectNoSideScroll(page, `${state} at ${width} px`);
    }
    await shoot(page, `credentials-${state}`);
  };
  await admin.open('cloudflare');
  await look('empty');
  await admin.open('github');
  await look('environment');
  await page.goto('/settings/credentials/github/api_token/move');
  await look('move');
  await page.goto('/settings/credentials/namecheap/new?type=api_key');
  await admin.field('Client IP').fill('999.1.1.1');
  await admin.button('Save').click();
  await expect(admin.dialog.locator('.error').first()).toBeVisible();
  await look('add-faults');
  await admin.openAdd('cloudflare', 'API token');
  await look('add');
  await admin.field('API token').fill(made());
  await admin.button('Test first').click();
  await expect(admin.dialog.getByRole('status').filter({ hasText: 'accepts' })).toBeVisible();
  await look('add-tested');
  await admin.button('Save').click();
  await admin.expectDone('Credential stored');
  await admin.test('API token', 'Works', /accepts/);
  await look('stored');
  for (const task of ['replace', 'delete']) {
    await page.goto(`/settings/credentials/cloudflare/api_token/${task}`);
    await look(task);
  }
  await admin.add('stripe', 'Secret key', made('sk_live_revoked_'));
  await admin.test('Secret key', 'Rejected', /rejects/);
  await look('rejected');
  await page.goto('/account');
  await look('account');
});
