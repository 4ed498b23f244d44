import { CloudflareDouble, expect, refusal, test } from './harness/cloudflare.ts';
import { signIn } from './harness/fixtures.ts';
import { Keyward } from './harness/server.ts';

const PAGE = '/settings/cloudflare';

test('a zone is added, filled with records and deleted', async ({ page, admin, cloudflare }) => {
  void admin;
  await page.goto('/keys');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Cloudflare', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No zones yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Add a zone' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Domain').fill('https://example.com/');
  await dialog.getByRole('button', { name: 'Add zone' }).click();
  await expect(dialog.locator('.error')).toHaveText(
    'Enter the domain alone, like example.com: no https://, port or path.',
  );
  await dialog.getByLabel('Domain').fill('Example.com');
  await dialog.getByRole('button', { name: 'Add zone' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Zone created' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'example.com' })).toBeVisible();
  await expect(page.getByText('ada.ns.cloudflare.com')).toBeVisible();
  await expect(page.getByText('Pending', { exact: true })).toBeVisible();

  const add = async (type: string, name: string, content: string, priority?: string) => {
    await page.getByRole('link', { name: 'Add a record' }).click();
    await dialog.getByLabel('Type').selectOption(type);
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Content').fill(content);
    // Asked for only where the type has one.
    await expect(dialog.getByLabel('Priority')).toBeVisible({ visible: priority !== undefined });
    if (priority !== undefined) await dialog.getByLabel('Priority').fill(priority);
    await dialog.getByRole('button', { name: 'Add record' }).click();
  };
  await add('A', 'www', 'not an address');
  await expect(dialog.locator('.error')).toHaveText('An A record holds an IPv4 address, like 192.0.2.1.');
  await expect(dialog.getByLabel('Name')).toHaveValue('www');
  await dialog.getByLabel('Content').fill('192.0.2.1');
  await dialog.getByRole('button', { name: 'Add record' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Record added' })).toBeVisible();
  await add('MX', '@', 'mx.example.net', '20');
  await expect(page.getByRole('row').filter({ hasText: 'mx.example.net' })).toContainText('priority 20');

  const proxy = page.getByRole('switch', { name: 'Proxy for A www.example.com' });
  await expect(proxy).not.toBeChecked();
  await proxy.click();
  await expect(page.getByRole('status').filter({ hasText: 'The proxy is on' })).toBeVisible();
  await expect(proxy).toBeChecked();
  expect(cloudflare.records.find((record) => record.type === 'A')?.proxied).toBe(true);

  await page.getByRole('link', { name: 'Edit A www.example.com' }).click();
  await dialog.getByLabel('Content').fill('192.0.2.7');
  await dialog.getByLabel('TTL').selectOption('300');
  await dialog.getByRole('button', { name: 'Save record' }).click();
  await expect(page.getByRole('row').filter({ hasText: '192.0.2.7' })).toContainText('5 min');

  await page.getByRole('link', { name: 'Delete MX example.com' }).click();
  await expect(dialog.getByText('Mail depends on this record (MX).')).toBeVisible();
  await dialog.getByRole('button', { name: 'Delete record' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Record deleted' })).toBeVisible();

  await page.getByRole('button', { name: 'Have Cloudflare check' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Cloudflare looks again' })).toBeVisible();
  await page.getByRole('link', { name: 'Delete zone' }).click();
  await dialog.getByLabel('Type the domain to delete it').fill('example.org');
  await dialog.getByRole('button', { name: 'Delete zone' }).click();
  await expect(dialog.locator('.error')).toContainText('This is not the domain of this zone.');
  await dialog.getByLabel('Type the domain to delete it').fill('example.com');
  await dialog.getByRole('button', { name: 'Delete zone' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Zone deleted' })).toBeVisible();
  expect(cloudflare.zones).toEqual([]);
});

test('zones are searched, narrowed and paged', async ({ page, admin, cloudflare }) => {
  void admin;
  for (let n = 10; n < 35; n += 1) cloudflare.addZone(`zone${n}.example`, n < 12 ? 'pending' : 'active');
  await page.goto(PAGE);
  await expect(page.getByText('2 zones wait for their registrars.')).toBeVisible();
  await expect(page.getByText('Page 1 of 2')).toBeVisible();
  await page.getByRole('link', { name: 'Next' }).click();
  await expect(page.getByRole('link', { name: 'zone34.example', exact: true })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search domains' }).fill('zone1');
  await page.getByLabel('Any state').selectOption('active');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.locator('tbody tr')).toHaveCount(8);
  await expect(page.getByRole('searchbox', { name: 'Search domains' })).toHaveValue('zone1');
  await page.getByRole('searchbox', { name: 'Search domains' }).fill('nothing like it');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.getByRole('heading', { name: 'No zone fits' })).toBeVisible();
});

test('what Cloudflare says is told and never looks like an empty list', async ({ page, admin, cloudflare }) => {
  void admin;
  const seen = async (words: string) => {
    await page.goto(PAGE);
    await expect(page.getByRole('alert').filter({ hasText: words })).toBeVisible();
    await expect(page.getByText('No zones yet')).toHaveCount(0);
  };
  cloudflare.forced = { status: 403, body: refusal(10000, 'Authentication error') };
  await seen('Cloudflare authentication failed');
  await expect(page.getByRole('link', { name: 'Look at the token' })).toHaveAttribute(
    'href',
    '/settings/credentials/cloudflare',
  );
  cloudflare.forced = { status: 429, body: refusal(971, 'slow down'), headers: { 'retry-after': '42' } };
  await seen('Try again in 42 seconds');
  cloudflare.forced = { status: 400, body: refusal(7, '<b>No</b> such luck') };
  await seen('<b>No</b> such luck');
  cloudflare.forced = undefined;
  await page.getByRole('link', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'No zones yet' })).toBeVisible();
});

test('without a token the page leads to where one is stored', async ({ page, doubles }) => {
  const bare = await Keyward.start(doubles);
  try {
    const admin = { email: 'root@example.com', password: 'violet otter crosses 17 bridges' };
    await bare.addUser(admin.email, admin.password, 'admin');
    await signIn(page.context(), bare, admin);
    await page.goto(`${bare.url}${PAGE}`);
    await expect(page.getByRole('heading', { name: 'Cloudflare is not set up' })).toBeVisible();
    await page.getByRole('link', { name: 'Store an API token' }).click();
    await expect(page).toHaveURL(/\/settings\/credentials\/cloudflare/);
  } finally {
    await bare.remove();
  }
});

test('a user finds nothing there', async ({ page, site }) => {
  const ann = { email: `ann.${Date.now()}@example.com`, password: 'violet otter crosses 17 bridges' };
  await site.addUser(ann.email, ann.password);
  await signIn(page.context(), site, ann);
  await page.goto(PAGE);
  await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  await page.goto('/keys');
  await expect(page.getByRole('link', { name: 'Cloudflare' })).toHaveCount(0);
});

test('the double refuses a token it does not know', async () => {
  const double = await CloudflareDouble.start();
  const answer = await fetch(`${double.origin}/client/v4/zones`, { headers: { authorization: 'Bearer x' } });
  expect(answer.status).toBe(403);
  await double.stop();
});
