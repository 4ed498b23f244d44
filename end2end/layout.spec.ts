import { expectNoSideScroll } from './harness/axe.ts';
import { expect, test } from './harness/fixtures.ts';

const widths = [320, 360, 480, 640, 768, 833, 1024, 1280, 1600, 1920];

test('no page or dialog scrolls sideways from 320 to 1920 pixels', async ({ keys, secret, page }) => {
  await page.goto('/sign-in');
  await keys.open();
  const paths = ['/keys', '/keys/new', '/keys/new?provider=custom'];
  for (const path of paths) await expectFitsAt(path, 'empty');

  await keys.add({ secret: secret(), label: 'x'.repeat(100), description: 'y'.repeat(300) });
  await keys.add({ provider: 'anthropic', secret: secret('ok', 'sk-ant-'), label: 'Team' });
  const id = await keys.idOf('Team');
  for (const path of ['/keys', `/keys/${id}/replace`, `/keys/${id}/edit`, `/keys/${id}/delete`, '/nowhere'])
    await expectFitsAt(path, 'filled');

  async function expectFitsAt(path: string, what: string): Promise<void> {
    await page.goto(path);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 600 });
      await expectNoSideScroll(page, `${path} (${what}) at ${width} px`);
    }
  }
});

test('every control of a dialog can be reached at 320 pixels and at 200 % zoom', async ({ keys, page }) => {
  // 200 % zoom of a 1280 x 720 window is a window of 640 x 360.
  for (const size of [
    { width: 320, height: 480 },
    { width: 640, height: 360 },
  ]) {
    await page.setViewportSize(size);
    await keys.openDialog('/keys/new?provider=custom', 'Add a provider key');
    for (const name of ['Test first', 'Save key']) {
      await keys.button(name).scrollIntoViewIfNeeded();
      await expect(keys.button(name)).toBeInViewport({ ratio: 1 });
    }
    await keys.field('Provider').scrollIntoViewIfNeeded();
    await expect(keys.field('Provider')).toBeInViewport({ ratio: 1 });
  }
});

test('whatever is pressed is at least 24 pixels high and wide', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(), label: 'One' });
  for (const path of ['/keys', '/keys/new']) {
    await page.goto(path);
    const small = await page
      .locator('button:visible, a.button:visible, summary:visible, select:visible, nav a:visible, input.input:visible')
      .evaluateAll((found) =>
        found
          .map((element) => ({ element, box: element.getBoundingClientRect() }))
          .filter(({ box }) => box.width < 24 || box.height < 24)
          .map(({ element }) => element.outerHTML.slice(0, 80)),
      );
    expect(small, path).toEqual([]);
  }
});

test('columns of rows line up within a group and between groups', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(), label: 'A' });
  await keys.add({ secret: secret(), label: 'A much longer label than the other one' });
  await keys.add({ provider: 'groq', secret: secret('ok', 'gsk_'), label: 'B' });
  await page.goto('/keys');
  const lefts = await page
    .locator('.key .state')
    .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  expect(lefts).toHaveLength(3);
  expect(new Set(lefts.map(Math.round)).size).toBe(1);
});

test('the menu of the last row opens inside the window', async ({ keys, secret, page }) => {
  for (const label of ['One', 'Two', 'Three', 'Four']) await keys.add({ secret: secret(), label });
  for (const size of [
    { width: 320, height: 640 },
    { width: 1280, height: 600 },
  ]) {
    await page.setViewportSize(size);
    await keys.open();
    await keys.row('Four').getByLabel('More for Four', { exact: true }).click();
    for (const entry of ['Replace', 'Edit', 'Delete'])
      await expect(keys.row('Four').getByRole('link', { name: entry, exact: true })).toBeInViewport({ ratio: 1 });
  }
});

test('a note of a dialog is seen on a phone', async ({ keys, secret, page }) => {
  const key = secret();
  await keys.add({ secret: key, label: 'One' });
  await page.setViewportSize({ width: 320, height: 640 });
  await keys.fillNew({ secret: key, label: 'Again' });
  await keys.button('Save key').click();
  await expect(keys.button('Keep both')).toBeInViewport({ ratio: 1 });
  await expect(keys.dialog.getByText(/already keep this key/)).toBeInViewport({ ratio: 1 });
  await keys.fillNew({ secret: secret('ok'), label: 'Again' });
  await keys.button('Test first').click();
  await expect(keys.dialog.getByText('API key is valid and working')).toBeInViewport({ ratio: 1 });
});

test('the side bar stays in sight, and the first stop of Tab leads past it', async ({ keys, page }) => {
  await page.setViewportSize({ width: 1280, height: 400 });
  await keys.open();
  await page.mouse.move(800, 200);
  await page.mouse.wheel(0, 2000);
  await expect(page.getByRole('link', { name: 'API tokens', exact: true })).toBeInViewport();
  await page.goto('/keys');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Add a key', exact: true })).toBeFocused();
});
