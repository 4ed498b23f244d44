import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../artefacts/screenshots/', import.meta.url));
const WIDE = { width: 1280, height: 860 };
const PHONE = { width: 320, height: 640 };

/** Pictures of one state: light, dark and on a phone. Leaves the page wide and light. */
export async function shoot(page: Page, state: string): Promise<void> {
  // A dialog covers the window; behind it the page does not scroll.
  const fullPage = (await page.locator('.scrim').count()) === 0;
  for (const [name, size, colorScheme] of [
    ['dark', WIDE, 'dark'],
    ['phone', PHONE, 'light'],
    ['light', WIDE, 'light'],
  ] as const) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `${FOLDER}${state}-${name}.png`, fullPage, animations: 'disabled' });
  }
}
