import { expect, test } from './harness/fixtures.ts';

test('the empty page teaches three steps and leads to the first key', async ({ keys, page }) => {
  await keys.open();
  await expect(page.getByText(/^1\. /)).toBeVisible();
  await expect(page.getByText(/^2\. /)).toBeVisible();
  await expect(page.getByText(/^3\. /)).toBeVisible();
  await page.getByRole('link', { name: 'Add a key', exact: true }).click();
  await keys.expectDialog('Add a provider key');
});

test('a key is added, shown by its last four characters and announced as such', async ({ keys, secret }) => {
  const key = secret();
  await keys.add({ secret: key, label: 'Production', description: 'The shop' });
  const row = keys.row('Production');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('The shop');
  await expect(row).toContainText(`…${key.slice(-4)}`);
  await expect(row).toContainText(`stored, ends in ${key.slice(-4)}`);
  await expect(row).not.toContainText(key.slice(-8));
  await expect(keys.state('Production')).toHaveText('Not tested');
  await expect(row.locator('.tag', { hasText: 'default' })).toBeVisible();
});

test('a second label makes a second key, and another key can be the default', async ({ keys, secret }) => {
  await keys.add({ secret: secret(), label: 'One' });
  await keys.add({ secret: secret(), label: 'Two' });
  await expect(keys.rows).toHaveCount(2);
  await expect(keys.row('One').locator('.tag', { hasText: 'default' })).toBeVisible();
  await keys.choose('Two', 'Make default');
  await keys.expectDone('Default changed');
  await expect(keys.row('Two').locator('.tag', { hasText: 'default' })).toBeVisible();
  await expect(keys.row('One').locator('.tag', { hasText: 'default' })).toHaveCount(0);
});

for (const [what, label, row] of [
  ['the same label', 'One', 'One'],
  ['no label', '', 'Unlabelled key'],
] as const) {
  test(`a second key of a provider with ${what} is refused beside Label, and nothing is lost`, async ({
    keys,
    secret,
  }) => {
    const first = secret();
    await keys.add({ secret: first, label });
    const second = secret();
    await keys.fillNew({ secret: second, label, description: 'Kept' });
    await keys.button('Save key').click();
    await keys.expectFault('Label', /another key of this provider|without a label/);
    await expect(keys.field('Description')).toHaveValue('Kept');
    await expect(keys.field('Provider')).toHaveValue('openai');

    await keys.field('Label').fill('Two');
    // Without JavaScript the secret did not come back, and the page says that it has to be pasted again.
    if ((await keys.field('API key').inputValue()) === '') {
      await expect(keys.dialog.getByText(/paste it again/)).toBeVisible();
      await keys.field('API key').fill(second);
    }
    await keys.button('Save key').click();
    await keys.expectDone('API key added');
    await expect(keys.rows).toHaveCount(2);
    await expect(keys.row(row)).toContainText(first.slice(-4));
    await expect(keys.row('Two')).toContainText(second.slice(-4));
  });
}

test('a row says when its key was added', async ({ keys, secret }) => {
  await keys.add({ secret: secret(), label: 'One' });
  await expect(keys.row('One')).toContainText(/never used · added\s(just now|20\d\d-)/);
});

test('a key with an unusual prefix is saved all the same', async ({ keys, secret }) => {
  await keys.add({ secret: secret('ok', 'odd-'), label: 'Odd' });
  await expect(keys.row('Odd')).toHaveCount(1);
});

test('an over-long label is refused beside its field and what was typed stays', async ({ keys, secret }) => {
  await keys.fillNew({ secret: secret(), label: 'x'.repeat(101), description: 'Kept' });
  await keys.button('Save key').click();
  await keys.expectFault('Label', /100/);
  await expect(keys.field('Label')).toHaveValue('x'.repeat(101));
  await expect(keys.field('Description')).toHaveValue('Kept');
  await expect(keys.field('Provider')).toHaveValue('openai');

  await keys.field('Label').fill('Fits');
  await keys.field('API key').fill(secret());
  await keys.button('Save key').click();
  await keys.expectDone('API key added');
  await expect(keys.row('Fits')).toContainText('Kept');
});

test('a secret never comes back in a page that returns a form', async ({ keys, secret, page, keyward }) => {
  const key = secret();
  const answer = await page.request.post('/keys/new', {
    form: { provider: 'openai', key, label: 'x'.repeat(101), act: 'save' },
    headers: { origin: keyward.url },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(422);
  const html = await answer.text();
  expect(html).toContain('x'.repeat(101));
  expect(html).not.toContain(key);
  await keys.open();
  await expect(keys.rows).toHaveCount(0);
});

test('a key that is too short is refused beside its field', async ({ keys }) => {
  await keys.fillNew({ secret: 'sk-short', label: 'Kept' });
  await keys.button('Save key').click();
  await keys.expectFault('API key', /shorter than 10 characters/);
  await expect(keys.field('Label')).toHaveValue('Kept');
});

test('a key over 8 KiB is refused beside its field', async ({ keys }) => {
  await keys.fillNew({ secret: `sk-${'x'.repeat(8192)}`, label: 'Kept' });
  await keys.button('Save key').click();
  await keys.expectFault('API key', /8 KiB/);
  await expect(keys.field('Label')).toHaveValue('Kept');
});

test('control characters in a key are refused beside its field', async ({ keys }) => {
  await keys.fillNew({ secret: 'sk-01234\u000756789', label: 'Kept' });
  await keys.button('Save key').click();
  await keys.expectFault('API key', /control characters/);
  await expect(keys.field('Label')).toHaveValue('Kept');
});

test('control characters in a label are refused beside its field', async ({ keys, secret }) => {
  await keys.fillNew({ secret: secret(), label: 'bell\u0007' });
  await keys.button('Save key').click();
  await keys.expectFault('Label', /cannot be shown/);
});

test('a masked key is not mistaken for a key', async ({ keys }) => {
  await keys.fillNew({ secret: 'sk-proj-…XYZ9', label: 'Kept' });
  await keys.button('Save key').click();
  await keys.expectFault('API key', /masked/);
});

test('an unknown provider is refused in words and the rest stays typed', async ({ keys, secret, page, keyward }) => {
  await keys.open();
  const answer = await page.request.post('/keys/new', {
    form: { provider: 'nonesuch', key: secret(), label: 'Kept label', act: 'save' },
    headers: { origin: keyward.url },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(422);
  const html = await answer.text();
  expect(html).toContain('Unsupported provider');
  expect(html).toContain('Kept label');
});

for (const endpoint of ['https://10.0.0.7/v1', 'https://localhost/v1', 'http://api.example.com/v1', 'not a url']) {
  test(`the base URL ${endpoint} is refused beside its field`, async ({ keys, secret }) => {
    await keys.fillNew({ provider: 'custom', secret: secret(), label: 'Kept', endpoint });
    await keys.button('Save key').click();
    await expect(keys.dialog.locator('.error')).toBeVisible();
    await expect(keys.field('Base URL')).toHaveAttribute('aria-invalid', 'true');
    await expect(keys.field('Base URL')).toHaveValue(endpoint);
    await expect(keys.field('Label')).toHaveValue('Kept');
  });
}

test('a custom endpoint that the operator allows is taken and shown', async ({ keys, secret, doubles }) => {
  await keys.add({ provider: 'custom', secret: secret(), label: 'Own', endpoint: doubles.baseUrl('custom') });
  await expect(keys.row('Own')).toContainText(doubles.origin('custom'));
});

test('a secret that is already kept is named, with three ways on', async ({ keys, secret, page }) => {
  const key = secret();
  await keys.add({ secret: key, label: 'First' });
  const tryAgain = async () => {
    await keys.fillNew({ secret: key, label: 'Second' });
    await keys.button('Save key').click();
    await expect(keys.dialog.getByText(/already keep this key as .First./)).toBeVisible();
  };

  await tryAgain();
  await keys.dialog.getByRole('link', { name: 'Cancel', exact: true }).first().click();
  await expect(keys.dialog).toHaveCount(0);
  await expect(keys.rows).toHaveCount(1);

  await tryAgain();
  await keys.dialog.getByRole('link', { name: 'Go to that key', exact: true }).click();
  await expect(keys.dialog).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`#key-${await keys.idOf('First')}$`));
  await expect(keys.rows).toHaveCount(1);

  await tryAgain();
  // Without JavaScript the secret did not come back, and the note says that it has to be pasted again.
  if ((await keys.field('API key').inputValue()) === '') await keys.field('API key').fill(key);
  await keys.button('Keep both').click();
  await keys.expectDone('API key added');
  await expect(keys.rows).toHaveCount(2);
});

test('a key is replaced, and what was known about the old one goes', async ({ keys, secret }) => {
  await keys.add({ secret: secret('ok'), label: 'One' });
  await keys.test('One', 'Works');
  await keys.choose('One', 'Replace');
  await keys.expectDialog('Replace key');
  const next = secret();
  await keys.field('API key').fill(next);
  await keys.button('Replace key').click();
  await keys.expectDone('Key replaced');
  await expect(keys.row('One')).toContainText(next.slice(-4));
  await expect(keys.state('One')).toHaveText('Not tested');
});

test('label and description are edited, and the secret stays', async ({ keys, secret }) => {
  const key = secret();
  await keys.add({ secret: key, label: 'Before' });
  await keys.choose('Before', 'Edit');
  await keys.expectDialog('Edit key');
  await expect(keys.dialog).toContainText(`Before at OpenAI (`);
  await expect(keys.field('Label')).toHaveValue('Before');
  await keys.field('Label').fill('After');
  await keys.field('Description').fill('Now with a purpose');
  await keys.button('Save changes').click();
  await keys.expectDone('Changes saved');
  await expect(keys.row('After')).toContainText('Now with a purpose');
  await expect(keys.row('After')).toContainText(key.slice(-4));
  await keys.test('After', 'Works');
});

test('an edit over somebody else’s edit is refused', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(), label: 'Shared' });
  await keys.choose('Shared', 'Edit');
  await keys.expectDialog('Edit key');
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other
    .getByRole('dialog')
    .getByLabel(/^Label/)
    .fill('Theirs');
  await other.getByRole('button', { name: 'Save changes' }).click();
  await expect(other.getByRole('status').filter({ hasText: 'Changes saved' })).toBeVisible();

  await keys.field('Label').fill('Mine');
  await keys.button('Save changes').click();
  await expect(keys.dialog.getByText('It was changed in the meantime.')).toBeVisible();
  await expect(keys.field('Label')).toHaveValue('Mine');
});

test('a key is switched off and on again', async ({ keys, secret }) => {
  await keys.add({ secret: secret(), label: 'One' });
  await keys.choose('One', 'Switch off');
  await keys.expectDone('Key switched off');
  await expect(keys.row('One').locator('.tag', { hasText: 'off' })).toBeVisible();
  await expect(keys.row('One').getByRole('button', { name: 'Test', exact: true })).toHaveCount(0);
  await keys.row('One').getByRole('button', { name: 'Switch on', exact: true }).click();
  await keys.expectDone('Key switched on');
  await expect(keys.row('One').locator('.tag', { hasText: 'off' })).toHaveCount(0);
});

test('a key is deleted after a question, and Cancel keeps it', async ({ keys, secret }) => {
  await keys.add({ secret: secret(), label: 'Doomed' });
  await keys.choose('Doomed', 'Delete');
  await keys.expectDialog('Delete key');
  await expect(keys.dialog).toContainText('Doomed');
  await keys.dialog.getByRole('link', { name: 'Cancel' }).click();
  await expect(keys.row('Doomed')).toHaveCount(1);
  await keys.choose('Doomed', 'Delete');
  await keys.button('Delete key').click();
  await keys.expectDone('Key deleted');
  await expect(keys.rows).toHaveCount(0);
});

test('a key of another account is not found', async ({ keys, secret, page, browser, keyward }) => {
  await keys.add({ secret: secret(), label: 'Mine' });
  const id = await keys.idOf('Mine');
  const stranger = { email: `stranger.${id}@example.com`.toLowerCase(), password: 'a stranger with a long password' };
  await keyward.addUser(stranger.email, stranger.password);
  const context = await browser.newContext({ baseURL: keyward.url });
  await context.request.post('/sign-in', {
    form: { email: stranger.email, password: stranger.password },
    headers: { origin: keyward.url },
  });
  for (const task of ['edit', 'replace', 'delete']) {
    const answer = await context.request.get(`/keys/${id}/${task}`);
    expect(answer.status(), task).toBe(404);
  }
  for (const act of ['delete', 'disable', 'default', 'test']) {
    const answer = await context.request.post(`/keys/${id}/${act}`, {
      headers: { origin: keyward.url },
      form: {},
      maxRedirects: 0,
    });
    expect(answer.status(), act).toBe(404);
  }
  await context.close();
  await page.reload();
  await expect(keys.row('Mine')).toHaveCount(1);
});

test('a form sent from another site changes nothing', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(), label: 'Mine' });
  const id = await keys.idOf('Mine');
  const answer = await page.request.post(`/keys/${id}/delete`, {
    headers: { origin: 'https://example.com' },
    form: {},
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(403);
  await page.goto('/keys');
  await expect(keys.row('Mine')).toHaveCount(1);
});

// Failed with "Unsupported provider. Must be one of: ..." and twenty ids.
test('saving without a provider asks for one, and the focus begins there', async ({ keys, secret }) => {
  await keys.openDialog('/keys/new', 'Add a provider key');
  await keys.field('Label').fill('Kept');
  await keys.field('API key').fill(secret('ok', 'unknown-'));
  await keys.button('Save key').click();
  await keys.expectFault('Provider', /^Choose a provider\.$/);
  await expect(keys.field('Provider')).toBeFocused();
  await expect(keys.field('Label')).toHaveValue('Kept');
});

// Failed with the first field focused, whatever was wrong.
test('the first field with a fault has the focus when a form comes back', async ({ keys, secret }) => {
  await keys.fillNew({ secret: secret(), label: 'x'.repeat(101), description: 'y'.repeat(1001) });
  await keys.button('Save key').click();
  await keys.expectFault('Label', /label can have at most/);
  await expect(keys.field('Label')).toBeFocused();
});

// Failed at the top of the page, with the new row out of sight.
test('a new key is in sight and marked', async ({ keys, secret, page, keyward }) => {
  await page.setViewportSize({ width: 1280, height: 500 });
  for (let n = 0; n < 9; n += 1) {
    await page.request.post('/api/v1/byok/keys/add', {
      data: { provider: 'anthropic', key: secret('ok', 'sk-ant-'), label: `Key ${n}` },
      headers: { origin: keyward.url },
    });
  }
  await keys.add({ secret: secret(), label: 'The new one' });
  await expect(keys.row('The new one')).toBeInViewport({ ratio: 1 });
  await expect(page.locator('.key:target')).toHaveCount(1);
  await expect(keys.row('The new one')).toHaveCSS('box-shadow', /inset/);
});
