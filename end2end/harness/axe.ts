import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** No rule of axe-core is broken on the page as it stands. Needs JavaScript, which axe itself is. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  // A colour on its way to another one is not the one that is shown.
  await page.evaluate(() => {
    const running = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    return Promise.allSettled(running.map((transition) => transition.finished));
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const said = violations.map((rule) => `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.html).join(' | ')}`);
  expect(said, `axe-core on ${state}`).toEqual([]);
}

/** Nothing reaches beyond the window's right edge. */
export async function expectNoSideScroll(page: Page, state: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const scrim = document.querySelector('.scrim');
    return Math.max(document.documentElement.scrollWidth, scrim?.scrollWidth ?? 0) - window.innerWidth;
  });
  expect(wide, `pixels beyond the window on ${state}`).toBeLessThanOrEqual(0);
}
