// Looks at wirebraid-web with a real browser, over real daemons: a failover, changes of the
// configuration that are refused, kept and taken back, both languages, both colour schemes, desktop
// and phone. Screenshots go to WIREBRAID_ARTEFACTS.
//
// Environment: WIREBRAID_PROGRAMS, WIREBRAID_NODE_MODULES, WIREBRAID_ARTEFACTS; needs root.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, makeDirectory, PASSWORD, until } from './lab.js';

const SKIPPED = 77;
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 720 };
const SEEN_WITHIN_MS = 2000;

if (!existsSync(join(process.env.WIREBRAID_NODE_MODULES || '', 'node_modules', 'playwright-core'))) {
  console.log('skipped: no packages in WIREBRAID_NODE_MODULES; ./dev test puts them there');
  process.exit(SKIPPED);
}
const { launch, Watched } = await import('./watch.js');

const artefacts = makeDirectory(process.env.WIREBRAID_ARTEFACTS);
const lab = new Lab(process.env.WIREBRAID_PROGRAMS);
let browser;
let watched;
let page;
let step = '';

const uplink = (name) => page.locator(`[data-uplink="${name}"]`);
const section = (name) => page.locator(`[data-section="${name}"]`);
const field = (key) => page.locator(`dialog [data-key="${key}"]`);
const stateOf = (name) => uplink(name).getAttribute('data-state');
const inStatus = (name) => lab.uplinks().find((each) => each.name === name);
const gatewayFile = () => readFileSync(lab.gateway_file, 'utf8');
// A dialog covers the window, not the whole page.
const screenshot = async (name) => page.screenshot({
  path: join(artefacts, name + '.png'), fullPage: await page.locator('dialog').count() === 0,
});

const begin = (name) => {
  step = name;
  console.log(name);
};

/** Nothing was complained of since the last time, and axe-core finds no serious fault. */
const allWell = async (expected) => {
  assert.deepEqual(watched.takeComplaints(expected), [], 'the browser complains');
  assert.deepEqual(await watched.faults(), [], 'axe-core finds faults');
};

const noSidewaysScrolling = async () => {
  const [inside, outside] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(inside <= outside, `the page is ${inside} wide in a window of ${outside}`);
};

const openPage = async (base, options) => {
  watched = new Watched(browser, base);
  page = await watched.open(options);
  await page.goto(base + '/#' + lab.gateway);
};

const logIn = async () => {
  await page.fill('#password', PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.uplink');
};

async function logsIn(base) {
  begin('a wrong password is refused, the right one is not');
  await openPage(base, { viewport: DESKTOP, locale: 'en-GB', colorScheme: 'light' });
  await page.waitForSelector('#password');
  await screenshot('login');
  await allWell();
  await page.fill('#password', PASSWORD + '?');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=That is not the password.');
  // The browser itself tells of an answer of 403.
  await allWell(/status of 403/);
  await logIn();
}

async function showsStatus() {
  begin('bond and uplinks are shown live');
  await until('both are shown as up', async () => await stateOf('dsl') === 'up' && await stateOf('lte') === 'up');
  await until('a graph has several samples', async () =>
    (await uplink('dsl').locator('path.line.tx').getAttribute('d'))?.split('L').length > 3);
  const rate = await page.locator('.bond .figure.tx.big dd').innerText();
  assert.match(rate, /^\d[\d.]*\s[kM]bit\/s$/);
  assert.equal(await page.locator('.classes tbody tr').count(), 2, 'the class and the rest');
  assert.ok(await page.locator('.events li').count() >= 2, 'what has happened before is shown');
  await uplink('dsl').locator('summary').click();
  await uplink('dsl').locator('text=192.0.0.2:51820').waitFor();
  await allWell();
  await uplink('dsl').locator('summary').click();
}

async function showsFailover() {
  begin('a failover is seen within two seconds');
  const begun = Date.now();
  lab.cut(1);
  await until('lte is not shown as up', async () => await stateOf('lte') !== 'up', SEEN_WITHIN_MS);
  const seen = Date.now() - begun;
  console.log(`  seen after ${seen} ms`);
  assert.ok(seen <= SEEN_WITHIN_MS);
  await until('the event is there', async () => {
    const events = await page.locator('.events li').evaluateAll((list) => list.map((each) => ({
      time_ms: Date.parse(each.querySelector('time').dateTime), text: each.querySelector('.what').textContent,
    })));
    return events.some(({ time_ms, text }) => time_ms >= begun && /^lte (suspect|down|connecting)$/.test(text));
  }, SEEN_WITHIN_MS);
  await uplink('lte').locator('.reason').waitFor();
  assert.equal(await stateOf('dsl'), 'up');
  await screenshot('failover-desktop-light');
  await allWell();
  lab.mend(1);
  await until('lte is back', async () => await stateOf('lte') === 'up');
  await page.locator('.events li .what', { hasText: 'lte back' }).first().waitFor();
}

async function measures() {
  begin('a speed test tells what an uplink carries, each way');
  const card = page.locator('.speedtest');
  await card.locator('select').selectOption('dsl');
  await card.locator('[data-key=speedtest]').click();
  await until('it runs', () => lab.status(lab.gateway).speed_test?.running === true);
  await until('it is done', async () => await card.locator('[data-key=speedtest]').isEnabled(), 20000);
  const cells = await card.locator('tbody td').allInnerTexts();
  assert.equal(cells.length, 2);
  for (const cell of cells) assert.match(cell, /^[\d.]+\s[MG]bit\/s$/);
  await screenshot('speedtest-desktop-light');
  await allWell();
}

async function addsUplink() {
  begin('an uplink is added by keyboard, tried and kept');
  await page.click('[data-view=configuration]');
  const add = page.locator('[data-key="add Uplink"]');
  await add.focus();
  await page.keyboard.press('Enter');
  await page.locator('dialog').waitFor();
  await page.keyboard.press('Escape');
  await until('the dialog is closed', async () => await page.locator('dialog').count() === 0);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), 'add Uplink', 'the focus is back');
  await add.click();
  await page.keyboard.type('mesh');
  await field('PublicKey').locator('input').fill(lab.server_key);
  await field('Endpoint').locator('input').fill('192.0.2.2:51820');
  await field('Device').locator('input').fill('up2');
  assert.equal(await field('PrivateKey').locator('select').inputValue(), 'generate');
  assert.equal(await page.locator('#confirm').inputValue(), '90');
  await screenshot('form-desktop-light');
  await allWell();
  await page.click('dialog button.primary');
  await page.locator('.pending').waitFor();
  const key = await page.locator('.public-key').innerText();
  assert.match(key, /^[A-Za-z0-9+/]{43}=$/);
  assert.ok(!gatewayFile().includes('[Uplink mesh]'), 'nothing is written before it is kept');
  assert.ok(await add.isDisabled(), 'one change at a time');
  await screenshot('pending-desktop-light');
  await allWell();
  appendFileSync(join(lab.directory, 'server.conf'), `[Uplink mesh]\nPublicKey = ${key}\n`);
  lab.reload(lab.server);
  await until('mesh is up', () => inStatus('mesh')?.state === 'up');
  await page.click('text=Keep it');
  await until('it is in the file', () => gatewayFile().includes('[Uplink mesh]'));
  assert.ok(gatewayFile().startsWith('# The gateway of the test.'), 'comments stay');
  await section('Uplink mesh').waitFor();
  await page.click('[data-view=status]');
  await until('mesh is shown as up', async () => await stateOf('mesh') === 'up');
}

async function refusesMistakes() {
  begin('a mistake is refused and marked at its field');
  const before = gatewayFile();
  await page.click('[data-view=configuration]');
  await page.locator('[data-key="edit Uplink mesh"]').click();
  await field('Cost').locator('input').fill('much');
  await page.click('dialog button.primary');
  await field('Cost').locator('.problem').waitFor();
  assert.equal(await field('Cost').locator('input').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.locator('dialog [aria-invalid=true]').count(), 1, 'no other field is marked');
  assert.equal(await page.evaluate(() => document.activeElement.closest('.field')?.dataset.key), 'Cost');
  assert.equal(gatewayFile(), before);
  await screenshot('refused-desktop-light');
  await allWell();
}

async function takesBack() {
  begin('a change that is not kept is taken back');
  await field('Cost').locator('input').fill('7');
  await page.selectOption('#confirm', '10');
  await page.click('dialog button.primary');
  await page.locator('.pending').waitFor();
  await until('it is in force', () => inStatus('mesh')?.cost === 7, 3000);
  assert.match(await page.locator('.pending .left').innerText(), /^([1-9]|10)\ss$/);
  await until('it is taken back', () => inStatus('mesh')?.cost === 0, 14000);
  await until('the page says no more of it', async () => await page.locator('.pending').isHidden(), 3000);
  await section('Uplink mesh').waitFor();
  assert.equal(await section('Uplink mesh').locator('text=Cost').count(), 0);
  assert.ok(!gatewayFile().includes('Cost'));
  await allWell();
}

async function removes() {
  begin('an uplink is disabled, enabled and removed');
  await page.locator('[data-key="enable Uplink mesh"]').click();
  await until('mesh is disabled', () => inStatus('mesh')?.state === 'disabled');
  await page.click('text=Take it back now');
  await until('mesh is enabled', () => inStatus('mesh')?.state !== 'disabled');
  await until('another change may be made', () => page.locator('[data-key="remove Uplink mesh"]').isEnabled());
  await page.locator('[data-key="remove Uplink mesh"]').click();
  await page.click('dialog button.danger');
  await page.locator('.pending').waitFor();
  await page.click('text=Keep it');
  await until('it is gone', () => !gatewayFile().includes('[Uplink mesh]') && !inStatus('mesh'));
  await allWell();
}

async function speaksGerman() {
  begin('German by switch, and the choice is remembered');
  await page.click('header.top [lang=de]');
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  await page.locator('[data-view=configuration]', { hasText: 'Konfiguration' }).waitFor();
  await page.reload();
  await page.locator('[data-view=status][aria-current]', { hasText: 'Status' }).waitFor();
  await page.locator('.pill', { hasText: 'aktiv' }).first().waitFor();
  await page.locator('.events li', { hasText: 'Konfigurationsänderung behalten' }).first().waitFor();
  await allWell();
}

async function givesMetrics(base) {
  begin('metrics are given without a login, to this machine');
  const answer = await fetch(base + '/metrics');
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), new RegExp(`^wireguard_sent_bytes_total\\{.*${lab.gateway}.*\\} \\d+$`, 'm'));
  const passed_on = await fetch(base + '/metrics', { headers: { 'x-forwarded-for': '192.0.2.1' } });
  assert.equal(passed_on.status, 403);
}

async function showsMap() {
  begin('the map is shown, and can do nothing');
  await page.click('[data-view=map]');
  const inside = page.frameLocator('iframe').locator('h1');
  assert.equal(await inside.innerText(), 'Report');
  await screenshot('map-desktop-light');
  // What the report tried to run, the browser tells of.
  const complaints = watched.takeComplaints();
  assert.ok(complaints.length > 0 && complaints.every((text) => /sandbox|script/i.test(text)), complaints.join('\n'));
}

async function logsOut(base) {
  begin('after logging out nothing can be asked');
  const [cookie] = (await watched.context.cookies()).filter(({ name }) => name === 'wirebraid');
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict');
  await page.click('text=Abmelden');
  await page.waitForSelector('#password');
  const answer = await fetch(base + '/api/interfaces', { headers: { cookie: 'wirebraid=' + cookie.value } });
  assert.equal(answer.status, 401);
  await allWell();
  await watched.close();
}

async function looksGoodElsewhere(base, locale, colorScheme, viewport, name) {
  begin(`${name}: ${locale}, ${colorScheme}`);
  await openPage(base, { viewport, locale, colorScheme, reducedMotion: 'reduce' });
  await logIn();
  await until('there is a graph', async () =>
    (await uplink('dsl').locator('path.line.rx').getAttribute('d'))?.includes('L'));
  await noSidewaysScrolling();
  await screenshot(`status-${name}`);
  await allWell();
  await page.click('[data-view=configuration]');
  await section('Uplink lte').waitFor();
  await noSidewaysScrolling();
  await screenshot(`configuration-${name}`);
  await allWell();
  await page.locator('[data-key="edit Class voice"]').click();
  await page.locator('dialog').waitFor();
  await screenshot(`form-${name}`);
  await allWell();
  await watched.close();
}

async function tellsOfLostDaemon(base) {
  begin('a daemon that has ended is told of');
  await openPage(base, { viewport: DESKTOP, locale: 'en', colorScheme: 'light' });
  await logIn();
  lab.end(lab.gateway);
  await page.locator('.live', { hasText: /no data for .*no wirebraidd serves it/ }).waitFor();
  await screenshot('lost-desktop-light');
  await allWell();
  await watched.close();
}

const end = async (code) => {
  await browser?.close();
  await lab.stop();
  process.exit(code);
};
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => end(1));

try {
  begin('two daemons, and wirebraid-web beside them');
  await lab.start();
  await lab.traffic();
  const map = lab.writeOpen('report.html', '<!doctype html><html lang="en"><title>Report</title><h1>Report</h1>' +
    '<script>document.querySelector("h1").textContent = "changed"</script></html>');
  const base = await lab.web('--map', map);
  browser = await launch();
  await logsIn(base);
  await showsStatus();
  await showsFailover();
  await measures();
  await addsUplink();
  await refusesMistakes();
  await takesBack();
  await removes();
  await speaksGerman();
  await givesMetrics(base);
  await showsMap();
  await logsOut(base);
  await looksGoodElsewhere(base, 'de-DE', 'dark', DESKTOP, 'desktop-dark');
  await looksGoodElsewhere(base, 'en-GB', 'light', DESKTOP, 'desktop-light');
  await looksGoodElsewhere(base, 'en-US', 'dark', PHONE, 'phone-dark');
  await looksGoodElsewhere(base, 'de-AT', 'light', PHONE, 'phone-light');
  await tellsOfLostDaemon(base);
  console.log('all well; pictures are in ' + artefacts);
  await end(0);
} catch (error) {
  console.error(`failed: ${step}\n${error.stack}\n--- programs\n${lab.logs()}`);
  if (page && !page.isClosed()) await screenshot('failed').catch(() => {});
  await end(1);
}
