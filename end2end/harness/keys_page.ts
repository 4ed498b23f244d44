import { expect, type Locator, type Page } from '@playwright/test';

/** What a person fills in to add a key. */
export interface NewKey {
  provider?: string;
  secret: string;
  label?: string;
  description?: string;
  endpoint?: string;
}

/** The keys page in the words of the people who use it. */
export class KeysPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(): Promise<void> {
    await this.page.goto('/keys');
    await expect(this.heading).toBeVisible();
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1, name: 'Provider keys', exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  get rows(): Locator {
    return this.page.locator('article.key');
  }

  /** The row of the key with this label. */
  row(label: string): Locator {
    const name = new RegExp(`^${label.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}( default)?( off)?$`);
    return this.rows.filter({ has: this.page.getByRole('heading', { level: 3, name }) });
  }

  state(label: string): Locator {
    return this.row(label).locator('.state');
  }

  /** A field of the open dialog, by the beginning of its label. */
  field(label: string): Locator {
    return this.dialog.getByLabel(new RegExp(`^${label}`));
  }

  /** The sentence that a field names as describing it. */
  async expectFault(label: string, words: RegExp): Promise<void> {
    await expect(this.dialog.locator('.error').filter({ hasText: words })).toBeVisible();
    await expect(this.field(label)).toHaveAccessibleDescription(words);
    await expect(this.field(label)).toHaveAttribute('aria-invalid', 'true');
  }

  button(name: string): Locator {
    return this.dialog.getByRole('button', { name, exact: true });
  }

  async openDialog(path: string, heading: string): Promise<void> {
    await this.page.goto(path);
    await this.expectDialog(heading);
  }

  async expectDialog(heading: string): Promise<void> {
    await expect(this.dialog.getByRole('heading', { name: heading, exact: true })).toBeVisible();
  }

  /** Opens the dialog and fills it in; does not press anything. */
  async fillNew(key: NewKey): Promise<void> {
    const provider = key.provider ?? 'openai';
    // A base URL is asked for only where the provider takes one, so the provider comes with the address of the dialog.
    await this.openDialog(`/keys/new?provider=${provider}`, 'Add a provider key');
    await expect(this.field('Provider')).toHaveValue(provider);
    if (key.endpoint !== undefined) await this.field('Base URL').fill(key.endpoint);
    if (key.label !== undefined) await this.field('Label').fill(key.label);
    if (key.description !== undefined) await this.field('Description').fill(key.description);
    await this.field('API key').fill(key.secret);
  }

  /** Adds a key and waits until the page says so. */
  async add(key: NewKey): Promise<void> {
    await this.fillNew(key);
    await this.button('Save key').click();
    await this.expectDone('API key added');
  }

  /** Waits for the announcement after an act. */
  async expectDone(words: string): Promise<void> {
    await expect(this.page.getByRole('status').filter({ hasText: words })).toBeVisible();
    await expect(this.dialog).toHaveCount(0);
  }

  /** Opens the menu of a row and picks an entry. */
  async choose(label: string, entry: string): Promise<void> {
    const row = this.row(label);
    const menu = row.locator('details.menu');
    if ((await menu.getAttribute('open')) === null) await row.getByLabel(`More for ${label}`, { exact: true }).click();
    await menu
      .getByRole('link', { name: entry, exact: true })
      .or(menu.getByRole('button', { name: entry, exact: true }))
      .click();
  }

  /** Presses a row's Test and waits for the verdict's word. */
  async test(label: string, word: string): Promise<void> {
    await this.row(label).getByRole('button', { name: 'Test', exact: true }).click();
    await expect(this.state(label)).toHaveText(word, { timeout: 20_000 });
  }

  /** The id of a row's key, from the row's own id. */
  async idOf(label: string): Promise<string> {
    const id = await this.row(label).getAttribute('id');
    expect(id).toMatch(/^key-/);
    return (id ?? '').slice('key-'.length);
  }
}
