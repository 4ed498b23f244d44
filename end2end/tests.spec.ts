import type { Behaviour } from './harness/double.ts';
import { expect, test } from './harness/fixtures.ts';
import type { DoubledProvider } from './harness/protocols.ts';

interface Case {
  provider: DoubledProvider;
  behaviour: Behaviour;
  word: string;
}

const cases: Case[] = [
  { provider: 'openai', behaviour: 'ok', word: 'Works' },
  { provider: 'anthropic', behaviour: 'ok', word: 'Works' },
  { provider: 'google', behaviour: 'ok', word: 'Works' },
  { provider: 'openrouter', behaviour: 'ok', word: 'Works' },
  { provider: 'openai', behaviour: 401, word: 'Rejected' },
  { provider: 'mistral', behaviour: 403, word: 'Rejected' },
  { provider: 'google', behaviour: 'rejected', word: 'Rejected' },
  { provider: 'anthropic', behaviour: 'echo', word: 'Rejected' },
  { provider: 'openrouter', behaviour: 402, word: 'No credit' },
  { provider: 'openai', behaviour: 'insufficient_quota', word: 'No credit' },
  { provider: 'groq', behaviour: 429, word: 'Rate limited' },
  { provider: 'groq', behaviour: 500, word: 'Unreachable' },
  { provider: 'mistral', behaviour: 503, word: 'Unreachable' },
  { provider: 'fireworks', behaviour: 'cut', word: 'Unreachable' },
  { provider: 'openai', behaviour: 'html200', word: 'Unexpected answer' },
  { provider: 'anthropic', behaviour: 'shapeless200', word: 'Unexpected answer' },
  { provider: 'openrouter', behaviour: 'redirect', word: 'Unexpected answer' },
  { provider: 'groq', behaviour: 'big', word: 'Unexpected answer' },
];

for (const { provider, behaviour, word } of cases) {
  test(`a key that ${provider} answers with ${behaviour} is called ${word}`, async ({ keys, secret, doubles }) => {
    const key = secret(behaviour);
    await keys.add({ provider, secret: key, label: 'Tried' });
    await keys.test('Tried', word);
    const seen = doubles.received.filter((request) => request.secret === key);
    expect(seen.map((request) => request.provider)).toEqual([provider]);
    expect(seen.some((request) => request.url.includes(key))).toBe(false);
  });
}

test('a provider that never answers is unreachable, and the page says so in time', async ({ keys, secret }) => {
  await keys.add({ provider: 'fireworks', secret: secret('hang'), label: 'Tried' });
  await keys.test('Tried', 'Unreachable');
});

test('a provider without a check is said to have none', async ({ keys, secret }) => {
  await keys.add({ provider: 'perplexity', secret: secret('ok', 'pplx-'), label: 'Tried' });
  await keys.test('Tried', 'No check exists');
});

test('a custom endpoint is tested where it is', async ({ keys, secret, doubles }) => {
  const key = secret('ok');
  await keys.add({ provider: 'custom', secret: key, label: 'Own', endpoint: doubles.baseUrl('custom') });
  await keys.test('Own', 'Works');
  expect(doubles.received.filter((request) => request.secret === key)).toHaveLength(1);
});

for (const [behaviour, words] of [
  ['ok', 'API key is valid and working'],
  [401, 'API key validation failed (HTTP 401)'],
  [402, 'The provider accepted the key, but the account has no credit'],
  [429, 'The provider accepted the key, but is limiting requests'],
  [500, 'The provider could not be reached, so the key was not checked'],
  ['html200', 'answer was not understood, so nothing is known about the key'],
] as const) {
  test(`testing first a key that is answered with ${behaviour} says what is known and stores nothing`, async ({
    keys,
    secret,
    doubles,
  }) => {
    const key = secret(behaviour);
    await keys.fillNew({ provider: 'mistral', secret: key, label: 'Maybe', description: 'Kept' });
    await keys.button('Test first').click();
    await expect(keys.dialog.getByRole('status').filter({ hasText: words })).toBeVisible({ timeout: 20_000 });
    await expect(keys.field('Label')).toHaveValue('Maybe');
    await expect(keys.field('Description')).toHaveValue('Kept');
    // Where the key did not come back, the note says so.
    const emptied = (await keys.field('API key').inputValue()) === '';
    await expect(keys.dialog.getByText('To save it, paste the key again.')).toHaveCount(emptied ? 1 : 0);
    expect(doubles.received.filter((request) => request.secret === key)).toHaveLength(1);
    await keys.open();
    await expect(keys.rows).toHaveCount(0);
  });
}

test('a key for replacing is tested first without touching the stored one', async ({ keys, secret }) => {
  await keys.add({ secret: secret('ok'), label: 'One' });
  await keys.test('One', 'Works');
  await keys.choose('One', 'Replace');
  await keys.field('API key').fill(secret(401));
  await keys.button('Test first').click();
  await expect(keys.dialog.getByRole('status').filter({ hasText: 'HTTP 401' })).toBeVisible();
  await keys.open();
  await expect(keys.state('One')).toHaveText('Works');
});

test('the sixth test within a minute is refused in words', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret('ok'), label: 'Often' });
  const press = () => keys.row('Often').getByRole('button', { name: 'Test', exact: true }).click();
  for (let round = 0; round < 5; round += 1) {
    await keys.open();
    await press();
    await expect(page.getByRole('status').filter({ hasText: 'Often: API key is valid and working' })).toBeVisible();
  }
  await keys.open();
  await press();
  await expect(page.getByText(/Too many attempts\. Try again in/)).toBeVisible();
});

// Without JavaScript failed with a green tick and "Key tested".
test('the notice of a test says what was found, in its tone', async ({ keys, secret, page }) => {
  await keys.add({ secret: secret(401), label: 'Revoked' });
  await keys.test('Revoked', 'Rejected');
  const notice = page.locator('#notice');
  await expect(notice).toHaveText('Revoked: API key validation failed (HTTP 401)');
  await expect(notice).toHaveClass('toast note note--bad');
});
