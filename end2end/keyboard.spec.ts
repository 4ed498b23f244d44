import type { Locator, Page } from '@playwright/test';
import { expect, test } from './harness/fixtures.ts';

/** Presses Tab until the focus is there, and sees that everything on the way shows that it has it. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible();
  for (let step = 0; step < 60; step += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
    const unseen = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const shown = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
      return shown ? undefined : element.outerHTML.slice(0, 120);
    });
    expect(unseen, 'has the focus and does not show it').toBeUndefined();
  }
  throw new Error('60 times Tab did not lead there');
}

test('a key is added, tested, edited, replaced and deleted without a mouse', async ({ keys, secret, page }) => {
  const press = async (wanted: Locator, key = 'Enter') => {
    await tabTo(page, wanted);
    await page.keyboard.press(key);
  };
  const type = async (field: string, text: string) => {
    await tabTo(page, keys.field(field));
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(text);
  };
  const fromMenu = async (label: string, entry: string) => {
    const more = keys.row(label).getByLabel(`More for ${label}`, { exact: true });
    await press(more);
    await press(keys.row(label).getByRole('link', { name: entry, exact: true }));
  };

  await keys.open();
  await press(page.getByRole('link', { name: /^Add (a|your first) key$/ }).first());
  await keys.expectDialog('Add a provider key');
  await tabTo(page, keys.field('Provider'));
  await page.keyboard.type('OpenAI');
  await expect(keys.field('Provider')).toHaveValue('openai');
  await type('API key', secret('ok'));
  await type('Label', 'By hand');
  await press(keys.button('Save key'));
  await keys.expectDone('API key added');

  await press(keys.row('By hand').getByRole('button', { name: 'Test', exact: true }));
  await expect(keys.state('By hand')).toHaveText('Works', { timeout: 20_000 });

  await fromMenu('By hand', 'Edit');
  await keys.expectDialog('Edit key');
  await type('Label', 'Renamed');
  await press(keys.button('Save changes'));
  await keys.expectDone('Changes saved');

  await fromMenu('Renamed', 'Replace');
  await keys.expectDialog('Replace key');
  await type('(New )?API key', secret('ok'));
  await press(keys.button('Replace key'));
  await keys.expectDone('Key replaced');

  await fromMenu('Renamed', 'Delete');
  await keys.expectDialog('Delete key');
  await press(keys.button('Delete key'));
  await keys.expectDone('Key deleted');
});

test('who asked for less motion sees none', async ({ keys, secret, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await keys.add({ secret: secret('ok'), label: 'One' });
  for (const path of ['/keys', '/keys/new', '/tokens', '/account']) {
    await page.goto(path);
    const moving = await page.locator('*').evaluateAll((all) =>
      all
        .flatMap((element) => [element, '::before', '::after'].map((part) => ({ element, part })))
        .filter(({ element, part }) => {
          const style = getComputedStyle(element, typeof part === 'string' ? part : undefined);
          return (
            style.transitionDuration !== '0s' ||
            style.animationDuration.split(',').some((seconds) => parseFloat(seconds) > 0.01)
          );
        })
        .map(({ element }) => element.outerHTML.slice(0, 80)),
    );
    expect(moving, path).toEqual([]);
  }
});
