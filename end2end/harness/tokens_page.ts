import { expect, type Page } from '@playwright/test';

/** The page of API tokens in the words of the people who use it. */
export class TokensPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(): Promise<void> {
    await this.page.goto('/tokens');
    await expect(this.page.getByRole('heading', { level: 1, name: 'API tokens', exact: true })).toBeVisible();
  }

  /** Opens the dialog and fills it in; does not press anything. */
  async fillNew(name: string, scopes: string[]): Promise<void> {
    await this.open();
    await this.page.getByRole('link', { name: 'Create a token' }).click();
    const dialog = this.page.getByRole('dialog');
    await expect(dialog.getByRole('heading', { name: 'Create a token' })).toBeVisible();
    await dialog.getByLabel('Name').fill(name);
    for (const scope of scopes) await dialog.getByRole('checkbox', { name: new RegExp(`^${scope}`) }).check();
  }

  async submit(): Promise<void> {
    await this.page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click();
  }

  /** Creates a token and reads it off the page that shows it. */
  async create(name: string, scopes: string[]): Promise<string> {
    await this.fillNew(name, scopes);
    await this.submit();
    await expect(this.page.getByRole('heading', { level: 1, name: 'Token created' })).toBeVisible();
    const token = (await this.page.locator('#new-token').textContent()) ?? '';
    expect(token).toMatch(/^kw_u_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    return token;
  }

  row(name: string) {
    return this.page.getByRole('row').filter({ hasText: name });
  }
}

/** What the REST API answers to a token. It lists no tokens for tokens, so 403 says that it knows who asks. */
export async function statusWith(url: string, token: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/tokens`, { headers: { authorization: `Bearer ${token}` } });
  return answer.status;
}
