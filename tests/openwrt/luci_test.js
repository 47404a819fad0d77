// Looks at LuCI's views with a real browser: the package as it is installed, a stand-in of LuCI, and
// answers of the real rpcd plugin about a running gateway. luci_test.sh starts all that.
//
// Environment: WIREBRAID_NODE_MODULES, WIREBRAID_ARTEFACTS, LUCI_INSTALLED, LUCI_PO, LUCI_OPTIONS (a
// file with lines "SECTION OPTION" of every option that there is).
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readPo } from './po.js';
import { serve } from './luci_stand_in/server.js';

const packages = createRequire(join(process.env.WIREBRAID_NODE_MODULES, 'package.json'));
const { chromium } = packages('playwright-core');

const artefacts = process.env.WIREBRAID_ARTEFACTS;
mkdirSync(artefacts, { recursive: true });
const luci = await serve({ installed: process.env.LUCI_INSTALLED, po: process.env.LUCI_PO });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
page.setDefaultTimeout(15000);
const complaints = [];
page.on('console', (message) => {
  if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
});
page.on('pageerror', (error) => complaints.push(String(error)));

const open = async (query) => {
  await page.goto(luci.base + '/?' + query);
  await page.waitForSelector('body[data-ready=yes]');
  if (query.startsWith('view=') || query.startsWith('protocol=')) await page.waitForSelector('body[data-rendered=yes]');
};
const picture = (name) => page.screenshot({ path: join(artefacts, name + '.png'), fullPage: true });
const uci = (...words) => execFileSync('uci', words, { encoding: 'utf8' }).trim();
const plugin = (method) => JSON.parse(execFileSync('busybox',
  ['ash', join(process.env.LUCI_INSTALLED, 'usr/libexec/rpcd/wirebraid'), 'call', method], { input: '{}' }));
const field = (name) => page.locator(`.modal [data-option="${name}"]`);
const closes = async (id) => {
  await page.click(`[data-close="${id}"]`);
  await page.waitForSelector(`[data-modal="${id}"]`, { state: 'detached' });
};
const save = async () => {
  await page.click('#save');
  await page.waitForSelector('body[data-saved=yes]');
};

const steps = {
  async 'the status page shows what runs, and goes on doing so'() {
    await open('view=wirebraid/status&lang=en');
    assert.equal(await page.locator('[data-interface=wb0] [data-state=up]').count(), 2);
    const text = await page.locator('#maincontent').innerText();
    for (const part of ['Bond home: packet', 'dsl', 'up1', '10.1.0.2:51820', 'calls', '10.99.0.2/24', 'of 20.0', 'Public keys of this router']) {
      assert.ok(text.includes(part), 'no ' + part + ' in: ' + text);
    }
    assert.equal(await page.locator('.alert-message').count(), 0);
    const before = luci.calls.length;
    execFileSync('ip', ['link', 'set', 'up2', 'down']);
    await page.waitForSelector('[data-interface=wb0] [data-state=down]');
    assert.ok(luci.calls.slice(before).includes('wirebraid/status'));
    await picture('status-down');
    execFileSync('ip', ['link', 'set', 'up2', 'up']);
    await page.waitForFunction(() => document.querySelectorAll('[data-state=up]').length === 2);
    // Traffic, and three samples, make a line.
    const traffic = spawn('ping', ['-i', '0.01', '-s', '1000', '-c', '600', '10.99.0.1'], { stdio: 'ignore' });
    await page.waitForFunction(() => / [kM]bit/.test(document.querySelector('[data-bond=home] table').innerText.replace(/\s/g, ' ')));
    await page.waitForFunction(() => (document.querySelector('svg path[stroke]').getAttribute('d').match(/L/g) || []).length >= 2);
    await picture('status');
    traffic.kill();
  },

  async 'in German'() {
    await open('view=wirebraid/status&lang=de');
    const text = await page.locator('#maincontent').innerText();
    for (const part of ['aktiv', 'Umlaufzeit', 'Kontingent', 'Öffentliche Schlüssel dieses Routers']) {
      assert.ok(text.includes(part), 'no ' + part + ' in: ' + text);
    }
    await picture('status-de');
    const german = new Set(readPo(join(process.env.LUCI_PO, 'de/wirebraid.po')).values());
    await open('view=wirebraid/uplinks&lang=de');
    await page.click('[data-edit=dsl]');
    for (const label of await page.locator('.modal .cbi-value > label').allInnerTexts()) {
      assert.ok(label === '' || german.has(label), 'not German: ' + label);
    }
    await picture('uplink-de');
  },

  async 'mistakes are named on the status page'() {
    uci('set', 'wirebraid.lte.rate_up=fast');
    uci('commit', 'wirebraid');
    await open('view=wirebraid/status&lang=en');
    const text = await page.locator('.alert-message').innerText();
    assert.match(text, /lte\.rate_up: 'fast' is not a rate/);
    await picture('status-mistakes');
    uci('delete', 'wirebraid.lte.rate_up');
    uci('commit', 'wirebraid');
  },

  async 'an uplink is changed, and what does not fit is refused'() {
    await open('view=wirebraid/uplinks&lang=en');
    await picture('uplinks');
    await page.click('[data-edit=lte]');
    await page.click('[data-tab=policy]');
    await field('cost').fill('1001');
    await page.click('[data-close=lte]');
    assert.equal(await page.locator('.modal .invalid').count(), 1);
    await field('cost').fill('42');
    await page.click('[data-tab=general]');
    await field('public_key').fill('nonsense');
    await page.click('[data-close=lte]');
    assert.match(await field('public_key').getAttribute('title'), /44 characters/);
    await field('public_key').fill(uci('get', 'wirebraid.dsl.public_key'));
    assert.equal(await field('_public_key').innerText(), plugin('public_keys').keys.lte);
    await picture('uplink');
    await page.click('[data-tab=exit]');
    await picture('uplink-exit');
    await closes('lte');
    await save();
    assert.equal(uci('get', 'wirebraid.lte.cost'), '42');
    assert.deepEqual(plugin('check').problems, []);
  },

  async 'an exit is added, with a key that the router will make'() {
    await page.fill('[data-new=uplink]', 'neighbour');
    await page.click('[data-add=uplink]');
    await page.click('[data-edit=neighbour]');
    await field('interface').selectOption('bat');
    await field('endpoint').fill('192.0.2.77:51820');
    await field('public_key').fill(uci('get', 'wirebraid.dsl.public_key'));
    await field('_generate').click();
    assert.equal(await field('secret').inputValue(), 'generate');
    await page.click('[data-tab=exit]');
    await field('tunnel_address').fill('10.8.3.2');
    await field('target').fill('9.9.9.9 1.1.1.1');
    await closes('neighbour');
    assert.match(await page.locator('[data-id=neighbour]').innerText(), /exit/);
    await save();
    assert.equal(uci('get', 'wirebraid.neighbour.secret'), 'generate');
    assert.equal(uci('get', 'wirebraid.neighbour.target'), '9.9.9.9 1.1.1.1');
    await page.click('[data-remove=neighbour]');
    await save();
    assert.throws(() => uci('-q', 'get', 'wirebraid.neighbour'));
  },

  async 'bonds, interfaces and classes'() {
    await open('view=wirebraid/bonds&lang=en');
    await page.click('[data-edit=home]');
    await field('mode').selectOption('failover');
    await closes('home');
    await picture('bonds');
    await save();
    assert.equal(uci('get', 'wirebraid.home.mode'), 'failover');
    await page.click('[data-edit=wb0]');
    await page.click('[data-tab=advanced]');
    await field('mtu').fill('1380');
    await picture('interface');
    await closes('wb0');
    await save();
    await open('view=wirebraid/classes&lang=en');
    await page.click('[data-edit=calls]');
    await field('dscp').fill('ef');
    await picture('class');
    await closes('calls');
    await save();
    assert.equal(uci('get', 'wirebraid.calls.dscp'), 'ef');
    assert.deepEqual(plugin('check').problems, []);
  },

  async 'every option is in a form'() {
    const found = new Set();
    for (const view of ['uplinks', 'bonds', 'classes']) {
      await open('view=wirebraid/' + view + '&lang=en');
      for (const name of await page.evaluate(() => window.luciMaps.flatMap((map) =>
        map.parts.flatMap((part) => part.options.map((o) => part.type + ' ' + o.option))))) found.add(name);
    }
    const known = readFileSync(process.env.LUCI_OPTIONS, 'utf8').trim().split('\n');
    assert.deepEqual(known.filter((name) => !found.has(name)), [], 'not in any form');
    assert.deepEqual([...found].filter((name) => !known.includes(name) && !/ _/.test(name)), [], 'no such options');
  },

  async 'the overview and the form of the protocol'() {
    await open('overview=80_wirebraid&lang=en');
    assert.equal(await page.locator('[data-state=up]').count(), 2);
    await picture('overview');
    await open('protocol=wirebraid&lang=en');
    await page.waitForSelector('[data-option=tunlink]', { state: 'attached' });
    await picture('protocol');
  },

  async 'the menu leads to every view'() {
    const paths = Object.values(luci.menu).filter((entry) => entry.action.type === 'view').map((entry) => entry.action.path);
    assert.deepEqual(paths.sort(), ['bonds', 'classes', 'status', 'uplinks'].map((name) => 'wirebraid/' + name));
  },
};

let failed = false;
for (const [name, step] of Object.entries(steps)) {
  console.log(name);
  try {
    await step();
    assert.deepEqual(complaints.splice(0), [], 'the browser complains');
  } catch (error) {
    failed = true;
    console.log('FAILED: ' + name + ': ' + (error.stack || error));
    complaints.length = 0;
    await picture('failed');
    break;
  }
}
await browser.close();
luci.close();
process.exit(failed ? 1 : 0);
