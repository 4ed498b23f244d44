import { untilHeld } from './harness/alive.ts';
import { expectAccessible, expectNoSideScroll } from './harness/axe.ts';
import { expect, signIn, test } from './harness/fixtures.ts';
import { shoot } from './harness/shots.ts';
import { TokensPage } from './harness/tokens_page.ts';

test.beforeEach(async ({ page, keyward, account }) => signIn(page.context(), keyward, account));

test('the button copies the token and says so', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const token = await new TokensPage(page).create('CI', ['keys:read']);
  const places = () =>
    Promise.all(
      [page.getByRole('button', { name: 'Copy', exact: true }), page.getByRole('link', { name: 'Done' })].map((one) =>
        one.boundingBox(),
      ),
    );
  const before = await places();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Copied.' })).toBeVisible();
  expect(await places(), 'nothing moves').toEqual(before);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
});

test('without a clipboard the token is selected and the page says what to do', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
    document.execCommand = () => false;
  });
  const token = await new TokensPage(page).create('CI', ['keys:read']);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: /Copying did not work.*Ctrl\+C/ })).toBeVisible();
  expect(await page.evaluate(() => getSelection()?.toString().trim())).toBe(token);
});

test('Escape leaves a dialog of tokens, and Tab stays inside', async ({ page }) => {
  await new TokensPage(page).fillNew('x', []);
  await untilHeld(page);
  for (let presses = 0; presses < 14; presses += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => !!document.activeElement?.closest('dialog'))).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the pages of tokens and account break no rule of axe and scroll nowhere sideways', async ({ page }) => {
  const tokens = new TokensPage(page);
  const look = async (state: string) => {
    await expectAccessible(page, state);
    await shoot(page, state);
    for (const width of [320, 480, 833, 1280]) {
      await page.setViewportSize({ width, height: 700 });
      await expectNoSideScroll(page, `${state} at ${width} px`);
    }
    await page.setViewportSize({ width: 1280, height: 860 });
  };
  await tokens.open();
  await look('tokens-empty');
  await tokens.fillNew('x'.repeat(101), []);
  await look('token-new');
  await tokens.submit();
  await expect(page.locator('.error').first()).toBeVisible();
  await look('token-new-faults');
  await tokens.create('Deploy script', ['keys:read', 'keys:test']);
  await look('token-created');
  await page.context().clearCookies({ name: 'new-token' });
  await page.reload();
  await look('token-gone');
  await tokens.create('Nightly import with a long name that says exactly what it is for', [
    'keys:read',
    'keys:write',
    'keys:test',
    'credentials:read',
    'credentials:write',
  ]);
  await tokens.open();
  await look('tokens');
  await tokens.row('Deploy script').getByRole('link', { name: 'Revoke Deploy script' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await look('token-revoke');
  await page.goto('/account');
  await look('account');
  await page.emulateMedia({ colorScheme: 'dark' });
  await tokens.open();
  await expectAccessible(page, 'tokens, dark');
  await page.goto('/account');
  await expectAccessible(page, 'account, dark');
});
