import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Response } from '@playwright/test';
import { canary, findIn, findInFolder, forms } from './harness/canary.ts';
import { expect, freshAddress, signIn, test } from './harness/fixtures.ts';
import { KeysPage } from './harness/keys_page.ts';
import { Keyward } from './harness/server.ts';

/** Everything a browser got and asked for, in the order it happened. */
class Traffic {
  readonly #pending: Promise<void>[] = [];
  readonly parts: [where: string, content: Buffer | string][] = [];

  watch(page: Page): void {
    page.on('request', (request) => {
      this.parts.push([`request line of ${request.method()}`, request.url()]);
      this.parts.push(['Referer', request.headers()['referer'] ?? '']);
    });
    page.on('response', (response) => this.#pending.push(this.#keep(response)));
    page.on('console', (message) => this.parts.push(['console', message.text()]));
  }

  async #keep(response: Response): Promise<void> {
    const where = `${response.status()} ${new URL(response.url()).pathname}`;
    this.parts.push([`headers of ${where}`, JSON.stringify(await response.allHeaders().catch(() => ({})))]);
    // The event stream never ends; a redirect has no body.
    if (response.url().endsWith('/events')) return;
    const body = await response.body().catch(() => undefined);
    if (body) this.parts.push([`body of ${where}`, body]);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

test('the search finds a secret in every form it may take, in files too', () => {
  const secret = canary();
  const folder = mkdtempSync(join(tmpdir(), 'keyward-search-'));
  try {
    for (const pad of ['', 'x', 'xy']) {
      const hidden = Buffer.from(`${pad}${secret}${pad}`);
      for (const encoding of ['utf8', 'hex', 'base64', 'base64url', 'utf16le'] as const) {
        const planted =
          encoding === 'utf16le'
            ? Buffer.from(hidden.toString('latin1'), encoding)
            : Buffer.from(hidden.toString(encoding));
        expect(findIn('here', planted, [secret]), `${encoding} after ${pad.length}`).not.toEqual([]);
        writeFileSync(join(folder, 'planted'), planted);
        expect(findInFolder(folder, [secret])).not.toEqual([]);
      }
    }
    expect(findIn('here', canary(), [secret])).toEqual([]);
    expect(forms(secret).every((form) => form.bytes.length >= 16)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('no secret is in a page, an address, an answer, an asset, a log at trace level, a file or the wrong header', async ({
  browser,
  doubles,
  javaScriptEnabled,
}) => {
  test.setTimeout(120_000);
  const keyward = await Keyward.start(doubles, { KEYWARD_LOG: 'trace' });
  const context = await browser.newContext({
    baseURL: keyward.url,
    extraHTTPHeaders: { 'x-forwarded-for': freshAddress() },
    ...(javaScriptEnabled === undefined ? {} : { javaScriptEnabled }),
  });
  const secrets: string[] = [];
  const make = (behaviour: Parameters<typeof doubles.teach>[1], prefix = 'sk-') => {
    const made = canary(prefix);
    doubles.teach(made, behaviour);
    secrets.push(made);
    return made;
  };
  const traffic = new Traffic();
  const before = doubles.received.length;
  try {
    const account = { email: 'ann@example.com', password: canary('pass-') };
    secrets.push(account.password);
    await keyward.addUser(account.email, account.password);
    await signIn(context, keyward, account);
    const page = await context.newPage();
    traffic.watch(page);
    const keys = new KeysPage(page);
    const sources: string[] = [];
    const look = async () => sources.push(await page.content());

    const first = make('ok');
    await keys.add({ secret: first, label: 'First', description: 'A canary' });
    await look();
    await keys.test('First', 'Works');
    await look();
    await keys.add({ provider: 'anthropic', secret: make('echo', 'sk-ant-'), label: 'Echoed' });
    await keys.test('Echoed', 'Rejected');
    await look();

    // Refused: too long a label, a control character, a duplicate.
    await keys.fillNew({ secret: make('ok'), label: 'x'.repeat(101) });
    await keys.button('Save key').click();
    await expect(keys.dialog.locator('.error')).toBeVisible();
    await look();
    await keys.fillNew({ secret: `${make('ok').slice(0, 20)}\u0007${secrets.at(-1)?.slice(20)}`, label: 'Bell' });
    await keys.button('Save key').click();
    await expect(keys.dialog.locator('.error')).toBeVisible();
    await look();
    await keys.fillNew({ secret: first, label: 'Second' });
    await keys.button('Save key').click();
    await expect(keys.dialog.getByText(/already keep this key/)).toBeVisible();
    await look();
    await keys.fillNew({ provider: 'custom', secret: make('ok'), endpoint: 'https://10.0.0.7/v1' });
    await keys.button('Save key').click();
    await expect(keys.dialog.locator('.error')).toBeVisible();
    await look();

    await keys.fillNew({ provider: 'groq', secret: make(500, 'gsk_') });
    await keys.button('Test first').click();
    await expect(keys.dialog.getByRole('status').filter({ hasText: 'could not be reached' })).toBeVisible();
    await look();

    await keys.open();
    await keys.choose('First', 'Replace');
    await keys.field('API key').fill(make('ok'));
    await keys.button('Replace key').click();
    await keys.expectDone('Key replaced');
    await look();
    await keys.choose('First', 'Delete');
    await look();
    await keys.button('Delete key').click();
    await keys.expectDone('Key deleted');
    await look();
    await traffic.settled();

    const bodies = traffic.parts.filter(([where]) => where.startsWith('body of '));
    expect(bodies.length, 'bodies looked at').toBeGreaterThan(8);
    expect(
      bodies.some(([where]) => where.endsWith('keyward.css')),
      'assets looked at',
    ).toBe(true);
    if (javaScriptEnabled !== false) {
      expect(
        bodies.some(([where]) => where.endsWith('.wasm')),
        'the WASM looked at',
      ).toBe(true);
    }

    const found = traffic.parts.flatMap(([where, content]) => findIn(where, content, secrets));
    sources.forEach((source, at) => found.push(...findIn(`page source ${at}`, source, secrets)));

    // What went out carries a secret in one header and nowhere else, and only its own.
    const outbound = doubles.received.slice(before);
    expect(outbound.some((request) => request.secret === first)).toBe(true);
    for (const request of outbound) {
      const { authorization, 'x-api-key': anthropic, 'x-goog-api-key': google, ...others } = request.headers;
      expect([authorization, anthropic, google].filter((value) => value !== undefined)).toHaveLength(1);
      found.push(...findIn(`outbound ${request.url}`, request.url + JSON.stringify(others), secrets));
    }

    found.push(...findInFolder(keyward.folder, secrets));
    await keyward.stop();
    found.push(...findInFolder(keyward.folder, secrets));
    expect(keyward.output, 'the log is at trace level').toMatch(/trace/i);
    found.push(...findIn('log', keyward.output, secrets));
    expect(found).toEqual([]);
  } finally {
    await context.close();
    await keyward.remove();
  }
});
