import { expect, test } from './harness/fixtures.ts';
import type { KeysPage } from './harness/keys_page.ts';

// What a text of a person must never become, in each way that has worked somewhere.
const scripts = ['window.ran=1', 'alert(1)', 'top.ran=1'];
const payloads = scripts.flatMap((script) => [
  `<script>${script}</script>`,
  `<ScRiPt>${script}</sCrIpT>`,
  `<script src=data:,${script}></script>`,
  `</title><script>${script}</script>`,
  `</textarea><script>${script}</script>`,
  `--><script>${script}</script>`,
  `]]><script>${script}</script>`,
  `"><script>${script}</script>`,
  `'><script>${script}</script>`,
  `<<script>${script}//<</script>`,
  `<script\u0020>${script}</script >`,
  `<img src=x onerror=${script}>`,
  `<img src=x onerror="${script}"`,
  `"><img src=x onerror=${script}>`,
  `<image href=x onerror=${script}>`,
  `<img/src/onerror=${script}>`,
  `<svg onload=${script}>`,
  `<svg/onload=${script}>`,
  `<svg><script>${script}</script></svg>`,
  `<svg><animate onbegin=${script} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${script}">x</a></svg>`,
  `<math><mtext><img src=x onerror=${script}></mtext></math>`,
  `<body onload=${script}>`,
  `<input autofocus onfocus=${script}>`,
  `<select autofocus onfocus=${script}>`,
  `<textarea autofocus onfocus=${script}>`,
  `<details open ontoggle=${script}>`,
  `<video src=x onerror=${script}>`,
  `<audio src=x onerror=${script}>`,
  `<video><source onerror=${script}></video>`,
  `<iframe src="javascript:${script}">`,
  `<iframe srcdoc="<script>${script}</script>">`,
  `<object data="javascript:${script}">`,
  `<embed src="javascript:${script}">`,
  `<form action="javascript:${script}"><button>x</button></form>`,
  `<button formaction="javascript:${script}">x</button>`,
  `<a href="javascript:${script}">x</a>`,
  `<a href="java\u200bscript:${script}">x</a>`,
  `<base href="javascript:${script}//">`,
  `<link rel=stylesheet href="data:text/css,*{color:red}">`,
  `<style>@import 'data:text/css,*{}'</style><!--${script}-->`,
  `<meta http-equiv=refresh content="0;url=javascript:${script}">`,
  `<marquee onstart=${script}>`,
  `<div onpointerover=${script} style=position:fixed;inset:0>`,
  `<x onclick=${script} style=font-size:99px>`,
  `<template><script>${script}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${script}>">`,
  `<leptos-island data-props='{"x":"${script}"}'>`,
  `\${${script}}`,
  `{{${script}}}`,
  `{{constructor.constructor('${script}')()}}`,
  `javascript:${script}`,
  `"onfocus="${script}" autofocus="`,
  `' onmouseover='${script}`,
  `\` onload=\`${script}`,
  `&lt;script&gt;${script}&lt;/script&gt;`,
  `&#60;img src=x onerror=${script}&#62;`,
  `\\u003cscript\\u003e${script}`,
  `%3Cscript%3E${script}%3C/script%3E`,
  `\uff1cscript\uff1e${script}`,
  `<!--#exec cmd="${script}"-->`,
  `<?xml version="1.0"?><x>${script}</x>`,
  `<plaintext>${script}`,
  `<xmp><img src=x onerror=${script}></xmp>`,
  `<isindex action=javascript:${script} type=image>`,
  `<table background="javascript:${script}">`,
  `<keygen autofocus onfocus=${script}>`,
]);

/** In pieces that a description can hold. */
function descriptions(): string[] {
  const pieces = [''];
  for (const payload of payloads) {
    const last = pieces.at(-1) ?? '';
    if (last.length + payload.length > 950) pieces.push(payload);
    else pieces[pieces.length - 1] = `${last} ${payload}`;
  }
  return pieces.map((piece) => piece.trim());
}

async function expectHarmless(keys: KeysPage, state: string): Promise<void> {
  const found = await keys.page.evaluate(() => {
    const strange =
      'img, image, iframe, object, embed, base, math, video, audio, marquee, template, plaintext, xmp, x, keygen, [srcdoc]';
    const elements = Array.from(document.body.querySelectorAll(strange));
    const events = Array.from(document.querySelectorAll('*')).filter((one) =>
      Array.from(one.attributes).some(
        ({ name, value }) =>
          name.startsWith('on') || (name === 'style' && /fixed|99px/.test(value)) || /^\s*javascript:/i.test(value),
      ),
    );
    const scripts = Array.from(document.scripts).filter((script) => !script.nonce);
    const ran = (window as unknown as { ran?: unknown }).ran;
    return [...elements, ...events, ...scripts].map((one) => one.outerHTML.slice(0, 100)).concat(ran ? ['it ran'] : []);
  });
  expect(found, state).toEqual([]);
}

test('two hundred texts that want to be scripts stay texts', async ({ keys, keyward, account, secret, page }) => {
  expect(payloads.length).toBeGreaterThanOrEqual(200);
  page.on('dialog', (dialog) => {
    throw new Error(`a script opened ${dialog.type()}`);
  });
  await keyward.run(['user', 'set-tier', account.email, 'enterprise']);
  const labels = payloads.filter((payload) => payload.length <= 100);
  const kept = new Map<string, string>();
  for (const [index, description] of descriptions().entries()) {
    const label = labels[index * 7] ?? `${index}`;
    const answer = await page.request.post('/api/v1/byok/keys/add', {
      headers: { origin: keyward.url },
      data: { provider: 'openai', key: secret('ok'), label, description },
    });
    expect(answer.status(), await answer.text()).toBe(200);
    kept.set(((await answer.json()) as { id: string }).id, label);
  }
  await keys.open();
  await expectHarmless(keys, 'list');
  const shown = await page.locator('.key').allTextContents();
  for (const description of descriptions()) {
    const texts = shown.map((text) => text.replaceAll(/\s+/g, ' '));
    expect(
      texts.some((text) => text.includes(description.replaceAll(/\s+/g, ' '))),
      description,
    ).toBe(true);
  }
  for (const [id, label] of kept) {
    await expect(page.locator(`#key-${id} h3`)).toContainText(label);
  }
  const [first = ''] = kept.keys();
  for (const task of ['replace', 'edit', 'delete']) {
    await page.goto(`/keys/${first}/${task}`);
    await expect(keys.dialog).toBeVisible();
    await expectHarmless(keys, task);
  }
  // What a form returns, too.
  await keys.fillNew({ secret: 'sk-short', label: labels[1] ?? '', description: payloads[3] ?? '' });
  await keys.button('Save key').click();
  await expect(keys.dialog.locator('.error').first()).toBeVisible();
  await expect(keys.field('Label')).toHaveValue(labels[1] ?? '');
  await expectHarmless(keys, 'a returned form');
  for (const query of [
    `/keys?done=${encodeURIComponent(payloads[0] ?? '')}`,
    `/keys/new?provider=${encodeURIComponent(payloads[7] ?? '')}`,
  ]) {
    await page.goto(query);
    await expectHarmless(keys, query);
  }
});

test('after signing out the way back shows nothing', async ({ keys, secret, page }) => {
  const label = 'Only for me';
  await keys.add({ secret: secret('ok'), label });
  await keys.open();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await expect(page.getByText(label)).toHaveCount(0);
});
