import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import { randomInt } from 'node:crypto';
import { canary, findIn, findInFolder } from './canary.ts';
import { Doubles, type Behaviour } from './double.ts';
import { KeysPage } from './keys_page.ts';
import { Cluster } from './postgresql.ts';
import { Keyward } from './server.ts';

/** An account of one test. */
export interface Account {
  email: string;
  password: string;
}

/** Makes secrets that a double knows, and remembers them for the search at the end. */
export type MakeSecret = (behaviour?: Behaviour, prefix?: string) => string;

interface PerTest {
  /** An account that only this test has. */
  account: Account;
  /** The keys page, signed in as `account`. */
  keys: KeysPage;
  /** A secret nobody has seen before, and how the doubles answer to it. */
  secret: MakeSecret;
  /** Watches the page from the start: no console error, no refused resource. */
  quiet: string[];
}

interface PerWorker {
  doubles: Doubles;
  installation: { keyward: Keyward; secrets: Set<string> };
  keyward: Keyward;
}

let serial = 0;

/** An address that no other browser context has, from the block for private use. */
export function freshAddress(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/** What a page said that a well-made page does not say. A 4xx page is an answer, and the browser's note of it no fault. */
export function complaints(page: Page, said: string[]): void {
  page.on('console', (message) => {
    if (
      message.type() !== 'error' ||
      message.text().startsWith('Failed to load resource: the server responded with a status of 4')
    )
      return;
    said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(String(error)));
}

/** Signs a browser context in without a page. */
export async function signIn(context: BrowserContext, keyward: Keyward, account: Account): Promise<void> {
  const answer = await context.request.post(`${keyward.url}/sign-in`, {
    form: { email: account.email, password: account.password, next: '/keys' },
    headers: { origin: keyward.url },
    maxRedirects: 0,
  });
  expect(answer.status(), 'sign-in is answered with a redirect').toBe(303);
}

export const test = base.extend<PerTest, PerWorker>({
  doubles: [
    async ({}, use) => {
      const doubles = await Doubles.start();
      await use(doubles);
      await doubles.stop();
    },
    { scope: 'worker' },
  ],
  // Whatever the tests of this worker did, no secret of theirs is in the database, its journal or the log.
  installation: [
    async ({ doubles }, use, info) => {
      const cluster = info.project.name === 'postgresql' ? await Cluster.start() : undefined;
      const keyward = await Keyward.start(doubles, cluster ? { KEYWARD_DATABASE_URL: cluster.database() } : {});
      const secrets = new Set<string>();
      await use({ keyward, secrets });
      const folders = [keyward.folder, ...(cluster ? [cluster.folder] : [])];
      const search = () => folders.flatMap((folder) => findInFolder(folder, secrets));
      const whileOpen = search();
      await keyward.stop();
      const found = [...whileOpen, ...search(), ...findIn('log', keyward.output, secrets)];
      await keyward.remove();
      await cluster?.stop();
      expect(found, 'secrets in files or log').toEqual([]);
    },
    { scope: 'worker' },
  ],
  keyward: [async ({ installation }, use) => use(installation.keyward), { scope: 'worker' }],
  baseURL: async ({ keyward }, use) => use(keyward.url),
  extraHTTPHeaders: async ({}, use) => use({ 'x-forwarded-for': freshAddress() }),
  account: async ({ keyward }, use, info) => {
    serial += 1;
    const account = {
      email: `ann.${info.parallelIndex}.${Date.now()}.${serial}@example.com`,
      password: canary('pass-'),
    };
    await keyward.addUser(account.email, account.password);
    await use(account);
  },
  secret: async ({ doubles, installation }, use) => {
    await use((behaviour = 'ok', prefix = 'sk-') => {
      const made = canary(prefix);
      doubles.teach(made, behaviour);
      installation.secrets.add(made);
      return made;
    });
  },
  keys: async ({ page, keyward, account }, use) => {
    await signIn(page.context(), keyward, account);
    await use(new KeysPage(page));
  },
  quiet: [
    async ({ page }, use) => {
      const said: string[] = [];
      complaints(page, said);
      await use(said);
      expect(said, 'console errors').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
