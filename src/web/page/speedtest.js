// The card that measures what uplinks carry. The daemon does it; its status tells how far it is (docs/control-protocol.md).
import * as api from './api.js';
import { announce, button, currentLanguage, el, setText, show, t } from './dom.js';

const F = WirebraidFormat;
const SECONDS = 5;
const DIRECTIONS = ['receive', 'send'];

export class SpeedTestCard {
  constructor(live) {
    this.live = live;
    this.names = '';
    this.which = el('select', { id: 'speedtest-uplink' });
    this.start = button(t('speedtest.start'), { 'data-key': 'speedtest', onclick: () => this.begin() });
    this.message = el('p', { role: 'status' }, t('speedtest.help', { count: SECONDS }));
    this.body = el('tbody', {});
    this.table = el('table', { hidden: true }, el('thead', {}, el('tr', {},
      ...['uplink', 'received', 'sent'].map((key, i) => el('th', { scope: 'col', class: i > 0 ? 'number' : null }, t(key))))),
    this.body);
    this.element = el('section', { class: 'card speedtest', 'aria-labelledby': 'speedtest-title' },
      el('h2', { id: 'speedtest-title' }, t('speedtest')), this.message,
      el('div', { class: 'controls' }, el('label', { class: 'unseen', for: 'speedtest-uplink' }, t('uplink')), this.which, this.start),
      this.table);
    this.found = {};
    this.running = null; // the direction that this page has asked for
  }

  async begin() {
    this.found = {};
    this.start.disabled = true;
    await this.ask(DIRECTIONS[0]);
  }

  async ask(direction) {
    this.running = direction;
    this.over = Date.now() + SECONDS * 1000;
    const answer = await api.speedtest(this.live.name, { uplink: this.which.value, direction, seconds: SECONDS });
    if (!answer.ok) this.end((answer.error || [])[0] || t('error.network'));
  }

  end(text) {
    this.running = null;
    this.start.disabled = false;
    setText(this.message, text);
    announce(text);
  }

  update(status) {
    this.updateNames(status);
    const test = status.speed_test;
    if (!test || !this.running || test.direction !== this.running) return;
    this.found[test.direction] = test.uplinks;
    this.draw();
    if (test.running) {
      setText(this.message, t('speedtest.' + test.direction, { left: t('seconds', { count: test.left_s }) }));
    } else if (Date.now() >= this.over) { // not what an earlier one has left behind
      const next = DIRECTIONS[DIRECTIONS.indexOf(this.running) + 1];
      if (next) this.ask(next);
      else this.end(t('speedtest.done'));
    }
  }

  updateNames(status) {
    const names = status.bonds.flatMap(({ uplinks }) => uplinks).filter(({ state }) => state !== 'disabled').map(({ name }) => name);
    if (names.join() === this.names) return;
    this.names = names.join();
    const chosen = this.which.value;
    this.which.replaceChildren(el('option', { value: '' }, t('speedtest.all')),
      ...names.map((name) => el('option', { value: name, selected: name === chosen }, name)));
  }

  draw() {
    const lang = currentLanguage();
    const rate = (direction, name) => {
      const found = (this.found[direction] || []).find((each) => each.name === name);
      return found && found.rate_bps !== undefined ? F.rate(found.rate_bps, lang) : F.NO_VALUE;
    };
    const sum = (direction) => F.rate((this.found[direction] || []).reduce((all, { rate_bps }) => all + (rate_bps || 0), 0), lang);
    const names = this.found.receive.map(({ name }) => name);
    const row = (name, received, sent) => el('tr', {}, el('th', { scope: 'row' }, name),
      el('td', { class: 'number' }, received), el('td', { class: 'number' }, sent));
    this.body.replaceChildren(...names.map((name) => row(name, rate('receive', name), rate('send', name))),
      ...(names.length > 1 ? [row(t('speedtest.sum'), sum('receive'), this.found.send ? sum('send') : F.NO_VALUE)] : []));
    show(this.table, true);
  }
}
