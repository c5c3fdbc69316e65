// What applications and members can do on the page: `node features.mjs PLAYGROUND CHROMIUM CACHE`, where PLAYGROUND is the
// local Discord's example with a small bot inside. Buttons, selects, modals, a message's menu, files, threads, marks.
// A line per step; ends with 1 at the first failure.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [playground, chromiumPath, cache] = process.argv.slice(2);
const { chromium } = createRequire(join(cache, 'browser', 'package.json'))('playwright-core');

const SOON_MS = 20_000;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** One transparent pixel. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const CARD = Buffer.from(JSON.stringify({ spec: 'chara_card_v3', data: { name: 'Nell' } }));

const ok = (step) => console.log(`ok browser ${step}`);
let child = null;
let browser = null;

/** Starts the example on any free port and waits for its address. */
function start() {
  child = spawn(playground, ['0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the playground printed no address')), SOON_MS);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the playground ended with ${code}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (!found) return;
      clearTimeout(late);
      resolve(found[0]);
    });
  });
}

const shot = (page, name) => page.screenshot({ path: join(cache, 'screenshots', `${name}.png`) });
const messages = (page, text) => page.locator('#log .message', { hasText: text });
const field = (page) => page.getByRole('combobox', { name: 'Message' });

async function open(page, channel) {
  await page.locator('#channels .channel', { has: page.getByText(channel, { exact: true }) }).click();
  await page.locator('#channel-title', { hasText: channel }).waitFor();
}

async function buttonsSelectsAndModals(page) {
  const gallery = messages(page, 'Ten people live here');
  await gallery.getByRole('button', { name: 'Say hey' }).click();
  const dialog = page.getByRole('dialog', { name: 'Say hey' });
  await dialog.waitFor();
  await dialog.getByLabel('To whom').selectOption('Grix');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  assert.ok(await dialog.isVisible(), 'a required field is empty: the dialog stays');
  await dialog.getByLabel('Your words').fill('hey there');
  await shot(page, 'modal');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await messages(page, 'Passed on.').waitFor();
  await dialog.waitFor({ state: 'hidden' });
  assert.ok(await messages(page, 'Passed on.').getByText('Only you can see this').count());
  await gallery.locator('select').selectOption('mira');
  await messages(page, 'You chose mira.').waitFor();
  ok('a button opens a modal, which is filled in and submitted; a select is answered');
}

async function messageMenu(page) {
  const sentence = messages(page, 'I put the kettle on');
  await sentence.locator('.content').click({ button: 'right' });
  const menu = page.getByRole('menu', { name: 'Message actions' });
  await menu.getByText('Apps').waitFor();
  await shot(page, 'message-menu');
  await menu.getByRole('menuitem', { name: 'Why this?' }).click();
  const why = messages(page, 'Because somebody said');
  await why.waitFor();
  assert.match(await why.locator('.content').innerText(), /Morning! I put the kettle on/);
  await why.getByRole('button', { name: 'Tell me more' }).click();
  await messages(page, 'There is no more to it.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Tell me more' }).count(), 0);

  // The same without a mouse: the menu key on a focused message, arrows, a first letter, Escape.
  await sentence.focus();
  await page.keyboard.press('Shift+F10');
  await menu.waitFor();
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.className.includes('message')), true, 'the focus comes back');
  await page.keyboard.press('Shift+F10');
  await menu.waitFor();
  await page.keyboard.press('w');
  await page.keyboard.press('Enter');
  await messages(page, 'Because somebody said').waitFor();
  ok('the menu of a message runs “Why this?”, by mouse and by keys; its button changes the answer');
}

async function cardAsOption(page) {
  await field(page).pressSequentially('/card');
  await page.getByRole('listbox', { name: 'Commands' }).waitFor();
  await page.keyboard.press('Enter');
  const form = page.getByRole('form', { name: 'Command card import' });
  await form.getByRole('button', { name: 'Run the command' }).click();
  await form.getByText('file is required').waitFor();
  await form.getByLabel(/^file:/).setInputFiles({ name: 'nell.json', mimeType: 'application/json', buffer: CARD });
  await shot(page, 'command-file');
  await form.getByRole('button', { name: 'Run the command' }).click();
  const shown = messages(page, 'Shall it move in?');
  await shown.waitFor();
  assert.match(await shown.locator('.content').innerText(), new RegExp(`nell\\.json has ${CARD.length} bytes`));
  assert.ok(await shown.getByRole('button', { name: 'Replace' }).isDisabled());
  await shot(page, 'card-preview');
  await shown.getByRole('button', { name: 'Let it in' }).click();
  await messages(page, 'It lives here now.').waitFor();
  ok('a subcommand takes a file; the preview’s button confirms, a disabled one cannot be pressed');
}

async function picture(page, context) {
  await page.locator('#composer input[type=file]').first().setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: PNG });
  await page.locator('.file-tray .tray-image').waitFor();
  await field(page).fill('what is this?');
  await field(page).press('Enter');
  const image = messages(page, 'what is this?').locator('.attachments img');
  await image.waitFor();
  assert.ok(await image.evaluate((node) => node.decode().then(() => node.naturalWidth === 1, () => false)), 'the picture is there');
  const served = await context.request.get(await image.getAttribute('src'));
  assert.equal(served.headers()['content-type'], 'image/png');
  ok('a picture is attached, shown and served with its type');
}

async function threadsPostsAndMarks(page) {
  const sentence = messages(page, 'Anybody read the thing');
  await sentence.locator('.content').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Create a thread…' }).click();
  const dialog = page.getByRole('dialog', { name: 'New thread' });
  await dialog.getByLabel('Name').fill('the thing');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await page.locator('#channel-title', { hasText: 'the thing' }).waitFor();
  await field(page).fill('in here');
  await field(page).press('Enter');
  await messages(page, 'in here').waitFor();

  await open(page, 'ideas');
  await page.locator('.forum-post', { hasText: 'A lamp for the cellar' }).waitFor();
  await page.getByRole('button', { name: 'New post' }).click();
  const post = page.getByRole('dialog', { name: 'New post' });
  await post.getByLabel('Title').fill('A bell');
  await post.getByLabel('Text').fill('for the door');
  await post.getByRole('button', { name: 'Submit' }).click();
  await messages(page, 'for the door').waitFor();

  assert.equal(await page.locator('#channels .channel', { has: page.getByText('cellar', { exact: true }) }).getByRole('img', { name: 'age-restricted' }).count(), 1);
  await open(page, 'cellar');
  assert.equal(await page.locator('#channel-title').getByRole('img', { name: 'age-restricted' }).count(), 1);
  await page.locator('#people', { hasText: 'Listening to Low Tide by The Mudlarks' }).waitFor();
  ok('threads and forum posts are opened; an age-restricted channel and what somebody listens to are marked');
}

/** Nothing overlaps or overflows in both themes and on a phone. */
async function looks(page) {
  await open(page, 'general');
  await page.emulateMedia({ colorScheme: 'light' });
  await shot(page, 'features-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, 'features-dark');
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `on a phone the page is ${overflow} px too wide`);
  await messages(page, 'Anybody read the thing').locator('.content').click({ button: 'right' });
  const box = await page.getByRole('menu').boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390, 'the menu fits on a phone');
  await shot(page, 'message-menu-390');
  ok('light, dark and at 390 pixels');
}

async function main() {
  const url = await start();
  browser = await chromium.launch({ executablePath: chromiumPath, args: FLAGS });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'en-GB' });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`exception: ${error.message}`));
  page.setDefaultTimeout(SOON_MS);
  await page.goto(url);
  await page.locator('body.ready').waitFor({ state: 'attached' });
  await buttonsSelectsAndModals(page);
  await messageMenu(page);
  await cardAsOption(page);
  await picture(page, context);
  await threadsPostsAndMarks(page);
  await looks(page);
  assert.deepEqual(wrong, [], 'errors in the page');
  ok('no errors in the page');
}

async function end(code) {
  await browser?.close().catch(() => {});
  child?.removeAllListeners('exit');
  child?.kill('SIGKILL');
  process.exit(code);
}

main().then(() => end(0), async (error) => {
  console.error(`not ok browser: ${error.stack}`);
  for (const page of browser?.contexts().flatMap((c) => c.pages()) ?? []) await shot(page, 'failure').catch(() => {});
  await end(1);
});
