// What a newcomer does in the playground: `node check.mjs ACORE CHROMIUM CACHE`. Writes to a character, reads the answer,
// opens the command picker, looks at the gallery, restarts the program and finds the conversation again.
// A line per step; ends with 1 at the first failure.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [acore, chromiumPath, cache] = process.argv.slice(2);
const { chromium } = createRequire(join(cache, 'browser', 'package.json'))('playwright-core');

/** For what needs no model. */
const SOON_MS = 30_000;
/** For an answer of the model, on a busy machine with two cores. */
const ANSWER_MS = 240_000;
/** A first start may have to fetch the model's weights. */
const START_MS = 300_000;
/** Text that has not changed for so long is finished. */
const STILL_MS = 6_000;
const QUESTION = 'hey Zibbik, what are you fixing?';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const home = mkdtempSync(join(tmpdir(), 'acore-browser-'));
const data = join(home, 'data');
mkdirSync(data);
symlinkSync(join(cache, 'models'), join(data, 'models'));

const ok = (step) => console.log(`ok browser ${step}`);
/** The last lines of the program's log, for when something fails. */
const journal = [];
let running = null;
let browser = null;

/** Starts the playground and waits for the address that it prints. */
function start(port) {
  const own = Object.entries(process.env).filter(([name]) => !/^(ACORE|DISCORD|OPENAI|OPENROUTER)_/.test(name));
  const env = {
    ...Object.fromEntries(own), ACORE_DATA: data, ACORE_PLAYGROUND_PORT: String(port), ACORE_MODEL_PROVIDER: 'embedded', ACORE_MODEL_PROFILE: 'small',
  };
  // In a folder of its own, so that no configuration file of this machine is read.
  const child = spawn(acore, ['play'], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
  running = { child, ended };
  const note = (line) => {
    journal.push(line);
    if (journal.length > 60) journal.shift();
  };
  createInterface({ input: child.stderr }).on('line', note);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`acore printed no address in ${START_MS / 1000} s`)), START_MS);
    child.on('error', reject);
    ended.then((how) => reject(new Error(`acore ended (${how}) before it printed its address`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      note(line);
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
      if (!found) return;
      clearTimeout(late);
      resolve({ url: found[0], port: Number(found[1]) });
    });
  });
}

async function stop() {
  const { child, ended } = running;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 12_000);
  const how = await ended;
  clearTimeout(late);
  running = null;
  assert.equal(how, 0, 'acore must end with 0 within ten seconds after SIGTERM');
}

/** A page in a window of that size, with an ear for what goes wrong in it. */
async function open(context, url) {
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`exception: ${error.message}`));
  page.on('response', (answer) => answer.status() >= 400 && wrong.push(`${answer.status()} ${answer.url()}`));
  page.setDefaultTimeout(SOON_MS);
  await page.goto(url);
  await page.locator('body.ready').waitFor({ state: 'attached' });
  return { page, wrong };
}

const saidBy = (page, name) => page.locator('#log .message').filter({ has: page.locator('.author', { hasText: new RegExp(`^${name}$`) }) });

/** A message's text without the mark of an edit. */
const textOf = (message) => message.locator('.content').evaluate((node) => {
  const copy = node.cloneNode(true);
  copy.querySelectorAll('.edited').forEach((mark) => mark.remove());
  return copy.textContent.trim();
});

/** Waits until a message's text is there and stops changing. */
async function finished(message) {
  const end = Date.now() + ANSWER_MS;
  let text = '';
  let since = Date.now();
  while (Date.now() < end) {
    const now = await textOf(message);
    if (now !== text) [text, since] = [now, Date.now()];
    else if (text && Date.now() - since > STILL_MS) return text;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the answer was not finished in ${ANSWER_MS / 1000} s; so far: ${JSON.stringify(text)}`);
}

async function say(page, text) {
  const field = page.getByRole('combobox', { name: 'Message' });
  await field.fill(text);
  await field.press('Enter');
  await page.locator('#log .message', { hasText: text }).last().waitFor();
}

/** Every picture is there and not broken; lazy ones are brought into view. */
async function pictures(locator, count, what) {
  await locator.nth(count - 1).waitFor();
  assert.equal(await locator.count(), count, what);
  for (const image of await locator.all()) {
    await image.scrollIntoViewIfNeeded();
    const alive = await image.evaluate((node) => node.decode().then(() => node.naturalWidth > 0, () => false));
    assert.ok(alive, `${what}: ${await image.getAttribute('src')} is broken`);
  }
}

async function shot(page, name) {
  await page.screenshot({ path: join(cache, 'screenshots', `${name}.png`) });
}

async function converse(page) {
  await pictures(page.locator('.cast-member img'), 10, 'the cast beside the conversation');
  const notice = await page.locator('#notice').innerText();
  assert.match(notice, /135 million/, 'the notice says what model it is');
  await shot(page, 'first-sight');
  ok('the page shows ten characters and says what model answers');
  await say(page, QUESTION);
  const reply = saidBy(page, 'Zibbik').first();
  await reply.waitFor({ timeout: ANSWER_MS });
  await pictures(reply.locator('.face img'), 1, "Zibbik's face");
  const text = await finished(reply);
  assert.ok(await reply.locator('.badge').count(), 'an application speaks as such');
  ok(`Zibbik answered: ${JSON.stringify(text.slice(0, 160))}`);
  return text;
}

async function views(page) {
  await shot(page, 'conversation-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await shot(page, 'conversation-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `on a phone the page is ${overflow} px too wide`);
  await shot(page, 'conversation-390');
  await page.setViewportSize({ width: 1280, height: 800 });
  ok('pictures in dark, light and at 390 pixels');
}

async function gallery(page) {
  await page.getByRole('combobox', { name: 'Message' }).pressSequentially('/');
  const list = page.getByRole('listbox', { name: 'Commands' });
  await list.waitFor();
  const names = await list.locator('[role=option] strong').allInnerTexts();
  for (const name of ['/chat', '/characters', '/help', '/status']) assert.ok(names.includes(name), `${name} is not among ${names}`);
  await shot(page, 'commands');
  await page.keyboard.type('characters');
  await page.keyboard.press('Enter');
  await page.getByRole('form', { name: 'Command characters' }).waitFor();
  await page.keyboard.press('Enter');
  const shown = page.locator('#log .message', { has: page.locator('.quote-line', { hasText: '/characters' }) }).last();
  await pictures(shown.locator('.embed-thumb'), 10, 'portraits in the gallery');
  await shown.scrollIntoViewIfNeeded();
  await shot(page, 'gallery');
  ok('the command picker lists the commands; /characters shows ten portraits');
}

async function main() {
  browser = await chromium.launch({ executablePath: chromiumPath, args: FLAGS });
  const { url, port } = await start(0);
  ok(`acore is at ${url}`);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'en-GB' });
  const before = await open(context, url);
  const text = await converse(before.page);
  await views(before.page);
  await gallery(before.page);
  const count = await before.page.locator('#log .message').count();
  assert.deepEqual(before.wrong, [], 'errors in the page');
  await before.page.close();
  // A page that stays open while the program is away says so and finds its way back; its refused requests are no errors.
  const patient = (await open(context, url)).page;
  await stop();
  await patient.locator('#offline').waitFor();
  const again = await start(port);
  const after = await open(context, again.url);
  await after.page.locator('#log .message', { hasText: QUESTION }).waitFor();
  assert.equal(await textOf(saidBy(after.page, 'Zibbik').first()), text, 'the answer changed');
  assert.equal(await after.page.locator('#log .message').count(), count, 'messages after the restart');
  await patient.locator('#offline').waitFor({ state: 'hidden' });
  ok('after a restart the conversation is still there, and a page that stayed open is back');
  await say(after.page, 'Zibbik, and will it hold?');
  const question = after.page.locator('#log .message', { hasText: 'and will it hold?' });
  const next = after.page.locator(`#${await question.getAttribute('id')} ~ .message`, { has: after.page.locator('.author', { hasText: /^Zibbik$/ }) });
  await next.first().waitFor({ timeout: ANSWER_MS });
  const more = await finished(next.first());
  await patient.locator('#log .message', { hasText: more.split('\n')[0] }).last().waitFor();
  ok(`and goes on: ${JSON.stringify(more.slice(0, 160))}`);
  assert.deepEqual(after.wrong, [], 'errors in the page');
  await after.page.close();
  await stop();
  ok('no errors in the page, acore ended with 0 both times');
}

async function end(code) {
  await browser?.close().catch(() => {});
  running?.child.kill('SIGKILL');
  await running?.ended;
  rmSync(home, { recursive: true, force: true });
  process.exit(code);
}

main().then(() => end(0), async (error) => {
  console.error(`not ok browser: ${error.stack}`);
  console.error(`the last lines of acore:\n${journal.join('\n')}`);
  for (const page of browser?.contexts().flatMap((c) => c.pages()) ?? []) await shot(page, 'failure').catch(() => {});
  await end(1);
});
