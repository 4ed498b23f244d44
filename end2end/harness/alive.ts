import { expect, type Page } from '@playwright/test';
import type { KeysPage } from './keys_page.ts';

/** Marks the document; a page load would take the mark away. */
export async function mark(page: Page): Promise<void> {
  await page.evaluate(() => document.documentElement.setAttribute('data-marked', ''));
}

export async function expectSameDocument(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.hasAttribute('data-marked'))).toBe(true);
}

/** Opens the keys page and waits until it listens for changes: by then its islands are alive. */
export async function openAlive(keys: KeysPage): Promise<void> {
  const listening = keys.page.waitForResponse((answer) => answer.url().endsWith('/events'));
  await keys.open();
  await listening;
}

/** Waits until the open dialog holds the focus: what does so comes alive after the page has arrived. */
export async function untilHeld(page: Page): Promise<void> {
  await expect(async () => {
    await page.getByRole('dialog').locator('a[href], button:enabled').last().focus();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => !!document.activeElement?.closest('dialog'))).toBe(true);
  }).toPass();
}
