import { untilHeld } from './harness/alive.ts';
import { expectAccessible, expectNoSideScroll } from './harness/axe.ts';
import { expect, refusal, test } from './harness/cloudflare.ts';
import { shoot } from './harness/shots.ts';

const PAGE = '/settings/cloudflare';

test('a name server is copied with one press', async ({ page, context, admin, cloudflare }) => {
  void admin;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${PAGE}/zones/${cloudflare.addZone('example.com', 'pending')}`);
  await page.getByRole('button', { name: 'Copy bob.ns.cloudflare.com' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Copied.' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('bob.ns.cloudflare.com');
});

test('Escape leaves a dialog, and Tab stays inside', async ({ page, admin, cloudflare }) => {
  void admin;
  await page.goto(`${PAGE}/zones/${cloudflare.addZone('example.com')}`);
  await page.getByRole('link', { name: 'Add a record' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await untilHeld(page);
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => !!document.activeElement?.closest('dialog'))).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the pages of Cloudflare break no rule of axe and scroll nowhere sideways', async ({
  page,
  admin,
  cloudflare,
}) => {
  void admin;
  test.setTimeout(120_000);
  const look = async (state: string) => {
    await expectAccessible(page, state);
    await shoot(page, state);
    for (const width of [320, 480, 833, 1280]) {
      await page.setViewportSize({ width, height: 700 });
      await expectNoSideScroll(page, `${state} at ${width} px`);
    }
    await page.setViewportSize({ width: 1280, height: 860 });
  };
  await page.goto(PAGE);
  await look('cloudflare-empty');
  cloudflare.forced = { status: 429, body: refusal(971, 'slow down'), headers: { 'retry-after': '42' } };
  await page.goto(PAGE);
  await look('cloudflare-limited');
  cloudflare.forced = { status: 403, body: refusal(10000, 'Authentication error') };
  await page.goto(PAGE);
  await look('cloudflare-refused');
  cloudflare.forced = undefined;
  const zone = cloudflare.addZone('example.com', 'pending');
  cloudflare.addZone('a-rather-long-name-of-a-domain-that-nobody-would-type-by-hand.example', 'active');
  cloudflare.addZone('moved.example', 'moved');
  for (let n = 0; n < 20; n += 1) cloudflare.addZone(`zone${n}.example`);
  await page.goto(PAGE);
  await look('cloudflare-zones');
  await page.goto(`${PAGE}?search=nothing`);
  await look('cloudflare-no-zone');
  await page.goto(`${PAGE}/zones/new`);
  await look('cloudflare-new-zone');
  await page.goto(`${PAGE}/zones/${zone}`);
  await look('cloudflare-zone-empty');

  cloudflare.addRecord(zone, {
    type: 'A',
    name: '@',
    content: '192.0.2.1',
    proxied: true,
    comment: 'The old web server',
  });
  cloudflare.addRecord(zone, { type: 'AAAA', name: 'www', content: '2001:db8:85a3::8a2e:370:7334', ttl: 300 });
  cloudflare.addRecord(zone, { type: 'MX', name: '@', content: 'mx.example.net', priority: 10 });
  const dkim = cloudflare.addRecord(zone, {
    type: 'TXT',
    name: 's1._domainkey',
    content: `v=DKIM1; k=rsa; p=${'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ'.repeat(6)}`,
  });
  cloudflare.addRecord(zone, { type: 'TLSA', name: '_443._tcp', content: '3 1 1 abcdef' });
  const path = `${PAGE}/zones/${zone}`;
  await page.goto(path);
  await look('cloudflare-zone');
  await page.goto(`${path}/records/new`);
  await look('cloudflare-new-record');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Type').selectOption('MX');
  await dialog.getByLabel('Content').fill('not a host');
  await page.getByRole('button', { name: 'Add record' }).click();
  await expect(page.locator('.error').first()).toBeVisible();
  await look('cloudflare-new-record-faults');
  await page.goto(`${path}/records/${String(dkim.id)}/edit`);
  await look('cloudflare-edit-record');
  await page.goto(`${path}/records/${String(dkim.id)}/delete`);
  await look('cloudflare-delete-record');
  await page.goto(`${path}/delete`);
  await look('cloudflare-delete-zone');
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const dark of [PAGE, path, `${path}/records/new`, `${path}/records/${String(dkim.id)}/delete`]) {
    await page.goto(dark);
    await expectAccessible(page, `${dark}, dark`);
  }
});
