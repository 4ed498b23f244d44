import { expect, type Locator, type Page } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canary, findIn, findInFolder } from './canary.ts';
import { complaints, freshAddress, signIn, test as base, type Account } from './fixtures.ts';
import { Keyward } from './server.ts';
import { Services } from './services.ts';

/** What stands in the environment of the server, for GitHub. */
export const FROM_ENVIRONMENT = canary('ghp_');

interface PerTest {
  services: Services;
  /** An installation of one test, which finds every service at the doubles. */
  site: Keyward;
  /** A secret nobody has seen before; it works unless its prefix says `revoked`. */
  made: (prefix?: string) => string;
  /** The page of the installation's credentials, signed in as an administrator. */
  admin: CredentialsPage;
}

/** The page of service credentials in the words of the people who use it. */
export class CredentialsPage {
  readonly page: Page;
  readonly at: string;

  constructor(page: Page, at: string) {
    this.page = page;
    this.at = at;
  }

  async open(service: string): Promise<void> {
    await this.page.goto(`${this.at}/${service}`);
  }

  /** The card of a kind of credential. */
  card(kind: string): Locator {
    return this.page.getByRole('region', { name: kind, exact: true });
  }

  /** A fact on the card. */
  fact(kind: string, name: string): Locator {
    return this.card(kind).locator('dl > div').filter({ hasText: name });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  field(label: string): Locator {
    return this.dialog.getByLabel(label, { exact: true });
  }

  button(name: string): Locator {
    return this.dialog.getByRole('button', { name, exact: true });
  }

  async openAdd(service: string, kind: string): Promise<void> {
    await this.open(service);
    await this.card(kind)
      .getByRole('link', { name: `Add ${kind}` })
      .click();
    await expect(this.dialog).toBeVisible();
  }

  async add(service: string, kind: string, secret: string): Promise<void> {
    await this.openAdd(service, kind);
    await this.field(kind).fill(secret);
    await this.button('Save').click();
    await this.expectDone('Credential stored');
  }

  /** Presses Test on the card and waits for the verdict's word there and its sentence in the notice. */
  async test(kind: string, word: string, said: RegExp): Promise<void> {
    await this.card(kind)
      .getByRole('button', { name: `Test ${kind}` })
      .click();
    await expect(this.page.locator('#notice')).toHaveText(said);
    await expect(this.fact(kind, 'Last test').locator('.state')).toHaveText(word);
  }

  async expectDone(words: string): Promise<void> {
    await expect(this.page.getByRole('status').filter({ hasText: words })).toBeVisible();
  }
}

export const test = base.extend<PerTest>({
  services: async ({}, use) => {
    const services = await Services.start();
    await use(services);
    await services.stop();
  },
  // Whatever the test did, no secret of its own is in the database, its journal or the log.
  site: async ({ services, doubles, made }, use, info) => {
    const catalogue = join(info.outputDir, 'services.toml');
    await import('node:fs/promises').then((fs) => fs.mkdir(info.outputDir, { recursive: true }));
    writeFileSync(catalogue, services.overlay);
    const site = await Keyward.start(doubles, {
      KEYWARD_CATALOGUE: catalogue,
      KEYWARD_ALLOW_ENDPOINTS: services.origin,
      GITHUB_API_TOKEN: FROM_ENVIRONMENT,
    });
    await use(site);
    const secrets = [FROM_ENVIRONMENT, ...(made as unknown as { all: string[] }).all];
    await site.stop();
    const found = [...findInFolder(site.folder, secrets), ...findIn('log', site.output, secrets)];
    await site.remove();
    expect(found, 'secrets in files or log').toEqual([]);
  },
  made: async ({}, use) => {
    const all: string[] = [];
    const make = (prefix = '') => {
      const secret = canary(prefix);
      all.push(secret);
      return secret;
    };
    await use(Object.assign(make, { all }));
  },
  admin: async ({ browser, site, contextOptions, javaScriptEnabled }, use) => {
    const account: Account = { email: 'root@example.com', password: canary('pass-') };
    await site.addUser(account.email, account.password, 'admin');
    const context = await browser.newContext({
      ...contextOptions,
      javaScriptEnabled: javaScriptEnabled ?? true,
      baseURL: site.url,
      extraHTTPHeaders: { 'x-forwarded-for': freshAddress() },
    });
    await signIn(context, site, account);
    const page = await context.newPage();
    const said: string[] = [];
    complaints(page, said);
    await use(new CredentialsPage(page, '/settings/credentials'));
    expect(said, 'console errors').toEqual([]);
    await context.close();
  },
});

export { expect };
