// The scripts that the page shares with LuCI: words in both languages, figures, graphs. Needs Node
// alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const page = new URL('../../../src/web/page/', import.meta.url);
const load = (file, name) => vm.runInThisContext(`${readFileSync(new URL(file, page), 'utf8')};${name}`,
  { filename: file });
const F = load('format.js', 'WirebraidFormat');
const G = load('graph.js', 'WirebraidGraph');
globalThis.WirebraidFormat = F;

const spaces = (text) => text.replaceAll('\u202f', ' ');
const all = (call, lang, ...values) => values.map((value) => spaces(call(value, lang)));

// Every word in both languages, with the same places for values; the page's own as well.
await import(new URL('words.js', page));
const places = (text) => (text.match(/\{\w+\}/g) || []).sort().join();
assert.deepEqual(Object.keys(F.WORDS.de).sort(), Object.keys(F.WORDS.en).sort());
for (const [key, text] of Object.entries(F.WORDS.en)) {
  assert.ok(text !== '' && F.WORDS.de[key] !== '', key);
  assert.equal(places(F.WORDS.de[key]), places(text), key);
}
// Every word that the page asks for by name is there.
for (const file of ['status', 'configuration', 'form', 'login', 'main', 'pending', 'chart', 'dom']) {
  const source = readFileSync(new URL(file + '.js', page), 'utf8');
  for (const [, key] of source.matchAll(/\bt\('([\w.]+)'[,)]/g)) assert.ok(key in F.WORDS.en, `${file}: ${key}`);
}
// The states and reasons that the daemon has.
const status = readFileSync(new URL('../../../src/control/status.h', import.meta.url), 'utf8');
const states = /enum class UplinkState[^{]*\{([^}]*)\}/.exec(status)[1].match(/^\s*\w+(?=,)/gm);
assert.equal(states.length, 6);
for (const state of states) assert.notEqual(F.stateWord(state.trim(), 'de'), 'state.' + state.trim());
const codes = [...status.matchAll(/^ {4}\{"(\w+)",/gm)].map(([, code]) => code);
assert.ok(codes.length > 5);
for (const code of codes) assert.ok(code === 'disabled' || F.advice(code, 'de') !== '', code);

assert.deepEqual(all(F.rate, 'en', 0, 999, 999.6, 1000, 48.1e6, 999.5e6, 1e9, 2.5e12),
  ['0 bit/s', '999 bit/s', '1.00 kbit/s', '1.00 kbit/s', '48.1 Mbit/s', '1.00 Gbit/s', '1.00 Gbit/s', '2.50 Tbit/s']);
assert.deepEqual(all(F.rate, 'de', 48.1e6, 9.999e6), ['48,1 Mbit/s', '10,0 Mbit/s']);
assert.deepEqual(all(F.bytes, 'en', 0, 1023, 1024, 1536 * 1024), ['0 B', '1023 B', '1.00 KiB', '1.50 MiB']);
assert.deepEqual(all(F.volume, 'de', 20e9), ['20,0 GB']);
assert.deepEqual(all(F.milliseconds, 'en', 70, 15200, 123456), ['0.07 ms', '15.2 ms', '123 ms']);
assert.deepEqual(all(F.loss, 'en', 0, 0.00001, 0.0004, 0.005, 0.25), ['0 %', '<0.01 %', '0.04 %', '0.5 %', '25 %']);
assert.deepEqual(all(F.duration, 'en', 0, 59, 60, 62, 3600, 3725, 90000, -5),
  ['0 s', '59 s', '1 min', '1 min 2 s', '1 h', '1 h 2 min', '1 d 1 h', '0 s']);
assert.deepEqual(all(F.count, 'de', 0, 999, 1000, 1234567), ['0', '999', '1.000', '1.234.567']);
for (const call of [F.rate, F.bytes, F.milliseconds, F.loss, F.duration]) {
  for (const nothing of [null, undefined, NaN, 'x']) assert.equal(call(nothing, 'en'), F.NO_VALUE);
}
assert.deepEqual(['de', 'de-AT', 'DE', 'den', 'en-GB', '', null].map(F.language),
  ['de', 'de', 'de', 'en', 'en', 'en', 'en']);
assert.equal(F.text('de', 'since', { time: '3 s' }), 'seit 3 s');
assert.equal(F.text('fr', 'nothing.of.that.name'), 'nothing.of.that.name');

const event = { kind: 'uplink', uplink: 'lte', state: 'suspect', was: 'up', text: 'uplink lte: suspect (no answer)' };
assert.equal(F.eventText(event, 'en'), 'lte suspect');
assert.equal(F.eventReason(event), 'no answer');
assert.equal(F.eventText({ ...event, state: 'up', was: 'suspect' }, 'en'), 'lte back');
assert.equal(F.eventText({ ...event, state: 'up', was: 'connecting' }, 'en'), 'lte up');
assert.equal(F.eventText({ kind: 'configuration', text: 'configuration reloaded' }, 'en'), 'configuration reloaded');

// Five minutes are kept, and a clock that goes back starts anew.
const history = new G.History();
for (let i = 0; i < 700; i += 1) history.push(i * 1000, { tx: i, rx: i === 650 ? null : 1 });
assert.equal(history.samples.length, 301);
assert.equal(history.max(['tx', 'rx']), 699);
const quick = new G.History();
for (let i = 0; i < 5000; i += 1) quick.push(i, { tx: i });
assert.equal(quick.samples.length, 600, 'bounded however often');
quick.push(10, { tx: 1 });
assert.equal(quick.samples.length, 1);

assert.deepEqual([0, 999, 1001, 2000, 2001, 48.1e6, 0.5].map((value) => G.niceMax(value)),
  [1000, 1000, 2000, 2000, 5000, 5e7, 1000]);
const box = { width: 100, height: 10, from_ms: 0, to_ms: 10000, max: 100 };
const series = (...pairs) => pairs.map(([time_ms, value]) => ({ time_ms, value }));
assert.equal(G.path([], box), '');
assert.equal(G.path(series([0, 0], [5000, 50], [10000, 200]), box), 'M0 10L50 5L100 0', 'too much ends at the top');
assert.equal(G.path(series([0, 0], [1000, null], [2000, 100]), box), 'M0 10h0.1M20 0h0.1', 'a gap');
assert.equal(G.path(series([0, 0], [9000, 0]), box), 'M0 10h0.1M90 10h0.1', 'a pause');
assert.equal(G.path(series([0, 100], [1000, 100]), { ...box, area: true }), 'M0 10L0 0L10 0L10 10Z');
assert.equal(G.path(series([-1000, 1], [20000, 1]), box), '', 'outside');
console.log('all well');
