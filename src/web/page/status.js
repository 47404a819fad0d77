// The view of what happens now: bonds, their uplinks and classes, and the events.
import { Chart } from './chart.js';
import { announce, button, currentLanguage, el, rows, setAttribute, setText, show, t } from './dom.js';
import { SpeedTestCard } from './speedtest.js';
import { reasonIn } from './words.js';

const F = WirebraidFormat;
const SHORT_EVENTS = 8;
// Not by colour alone.
const MARKS = { up: '\u25cf', exit: '\u25c6', suspect: '\u25b2', connecting: '\u25cb', down: '\u2715', disabled: '\u2013' };

const figure = (name, extra = '') => {
  const value = el('dd', {}, F.NO_VALUE);
  return { element: el('div', { class: 'figure ' + extra }, el('dt', {}, name), value), value };
};

const seconds = (ms) => Math.floor(ms / 1000);

class DetailsList {
  constructor() {
    this.list = el('dl', { class: 'rows' });
    this.element = el('details', {}, el('summary', {}, t('details')), this.list);
    this.last = '';
  }

  /** Only while it is open, and only if something is different: it may be being read or copied. */
  update(pairs) {
    const now = JSON.stringify(pairs);
    if (now === this.last) return;
    this.last = now;
    this.list.replaceChildren(...rows(pairs));
  }
}

export class StatePill {
  constructor() {
    this.mark = el('span', { 'aria-hidden': 'true', class: 'mark' });
    this.word = el('span', {});
    this.element = el('span', { class: 'pill' }, this.mark, this.word);
  }

  update(state) {
    const lang = currentLanguage();
    setText(this.mark, MARKS[state] || MARKS.down);
    setText(this.word, F.stateWord(state, lang));
    setAttribute(this.element, 'class', 'pill ' + F.stateLevel(state));
    setAttribute(this.element, 'title', F.stateHelp(state, lang));
  }
}

class UplinkCard {
  constructor(name) {
    this.name = name;
    this.pill = new StatePill();
    this.since = el('span', { class: 'since' });
    this.reason = el('p', { class: 'reason' });
    this.advice = el('p', { class: 'advice' });
    this.tx = figure(t('sent'), 'tx');
    this.rx = figure(t('received'), 'rx');
    this.capacity = figure(t('capacity'));
    this.rtt = figure(t('rtt'));
    this.loss = figure(t('loss'));
    this.quota = el('p', { class: 'quota' });
    this.chart = new Chart(72);
    this.details = new DetailsList();
    this.element = el('article', { class: 'card uplink', 'data-uplink': name },
      el('header', {}, el('h3', {}, name), this.pill.element, this.since),
      this.reason, this.advice,
      el('dl', { class: 'figures' }, this.tx.element, this.rx.element, this.capacity.element,
        this.rtt.element, this.loss.element),
      this.quota, this.chart.element, this.details.element);
  }

  update(uplink, live, now) {
    const lang = currentLanguage();
    this.pill.update(uplink.state);
    setAttribute(this.element, 'data-state', uplink.state);
    setText(this.since, uplink.state_since_s
      ? t('since', { time: F.duration(seconds(now) - uplink.state_since_s, lang) }) : '');
    show(this.reason, uplink.unused_reason !== '');
    const reason = reasonIn(lang, uplink.unused_reason);
    setText(this.reason, t('unused') + ': ' + reason.text);
    setAttribute(this.reason, 'lang', reason.lang);
    const advice = F.advice(uplink.unused_code, lang);
    show(this.advice, advice !== '');
    setText(this.advice, advice);
    setText(this.tx.value, F.rate(uplink.tx_rate_bps, lang));
    setText(this.rx.value, F.rate(uplink.rx_rate_bps, lang));
    setText(this.capacity.value, F.rate(uplink.capacity_bps, lang));
    setText(this.rtt.value, F.milliseconds(uplink.rtt_us, lang));
    setText(this.loss.value, F.loss(uplink.loss_ratio, lang));
    this.updateQuota(uplink.quota, lang);
    this.chart.update(live.history('uplink ' + this.name), now);
    const handshake = uplink.last_handshake_s;
    this.details.update([
      [t('endpoint'), uplink.endpoint],
      [t('uplink.server'), uplink.servers > 1
        ? t('uplink.server.value', { number: uplink.server, all: uplink.servers, name: uplink.server_name }) : ''],
      [t('device'), uplink.device || t('uplink.any')],
      [t('interface.port'), uplink.listen_port || ''],
      [t('handshake'), handshake
        ? t('ago', { time: F.duration(seconds(now) - handshake, lang) }) : t('never')],
      [t('transferred'), `\u2191 ${F.bytes(uplink.tx_bytes, lang)}  \u2193 ${F.bytes(uplink.rx_bytes, lang)}`],
      [t('uplink.priority'), uplink.priority],
      [t('uplink.cost'), uplink.cost],
      [t('uplink.weight'), uplink.weight || ''],
      [t('uplink.tunnel'), (uplink.tunnel_addresses || []).join(', ')],
      [t('uplink.targets'), (uplink.targets || []).join(', ')],
      [t('uplink.peer'), uplink.public_key],
    ]);
  }

  updateQuota(quota, lang) {
    show(this.quota, Boolean(quota));
    if (!quota) return;
    const left = quota.allowance === 'ample' ? '' : '; ' + t('quota.' + quota.allowance);
    setText(this.quota, t('quota') + ': ' + t('quota.used', {
      used: F.volume(quota.used_bytes, lang), all: F.volume(quota.bytes, lang), date: quota.next_reset,
    }) + left);
    setAttribute(this.quota, 'class', 'quota ' + (left === '' ? '' : 'warn'));
  }
}

class ClassTable {
  constructor() {
    this.body = el('tbody', {});
    this.element = el('section', { class: 'classes' }, el('h3', {}, t('classes')),
      el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('classes') },
        el('table', {}, el('thead', {}, el('tr', {}, ...['class', 'rule', 'mode', 'classes.uplinks',
          'packets', 'traffic'].map((key) => el('th', { scope: 'col' }, t(key))))), this.body)));
    this.last = '';
  }

  update(classes) {
    const lang = currentLanguage();
    show(this.element, classes.length > 1);
    const cells = classes.map((each) => [
      each.name || t('classes.rest'), each.rule || '',
      F.text(lang, 'mode.' + each.mode) +
        (each.effective_mode === each.mode ? '' : ', ' + t('runs_as', { mode: each.effective_mode })),
      each.uplinks.join(', ') || t('none'), F.count(each.packets, lang), F.bytes(each.bytes, lang)]);
    const now = JSON.stringify(cells);
    if (now === this.last) return;
    this.last = now;
    this.body.replaceChildren(...cells.map(([name, ...rest]) => el('tr', {},
      el('th', { scope: 'row' }, name), ...rest.map((cell, i) => el('td', { class: i > 2 ? 'number' : null }, cell)))));
  }
}

class BondSection {
  constructor(name) {
    this.name = name;
    this.mode = el('span', { class: 'tag' });
    this.summary = el('span', { class: 'since' });
    this.tx = figure(t('sent'), 'tx big');
    this.rx = figure(t('received'), 'rx big');
    this.chart = new Chart(120);
    this.uplinks = new Map();
    this.list = el('div', { class: 'uplinks' });
    this.classes = new ClassTable();
    this.details = new DetailsList();
    this.element = el('section', { class: 'bond', 'data-bond': name },
      el('div', { class: 'card' },
        el('header', {}, el('h2', {}, t('bond') + ' ', el('b', {}, name)), this.mode, this.summary),
        el('dl', { class: 'figures' }, this.tx.element, this.rx.element),
        this.chart.element, this.details.element),
      this.list, this.classes.element);
    this.classes.element.classList.add('card');
  }

  update(bond, live, now) {
    const lang = currentLanguage();
    setText(this.mode, F.text(lang, 'mode.' + bond.mode));
    setAttribute(this.mode, 'title', F.text(lang, 'mode.' + bond.mode + '.help'));
    const wanted = bond.uplinks.filter(({ state }) => state !== 'disabled');
    const usable = wanted.filter(({ state }) => F.isUsable(state)).length;
    const summary = usable === 0 ? 'none' : usable === wanted.length ? 'all' : 'some';
    setText(this.summary, t('summary.' + summary, { usable, all: wanted.length }));
    setAttribute(this.summary, 'class', 'since ' + { none: 'bad', some: 'warn', all: '' }[summary]);
    setText(this.tx.value, F.rate(bond.tx_rate_bps, lang));
    setText(this.rx.value, F.rate(bond.rx_rate_bps, lang));
    this.chart.update(live.history('bond ' + this.name), now);
    this.updateUplinks(bond, live, now);
    this.classes.update(bond.classes || []);
    const dropped = Object.entries(bond.dropped || {}).filter(([, count]) => count > 0)
      .map(([cause, count]) => t('drop.' + cause, { count: F.count(count, lang) }));
    this.details.update([
      [t('bond.allowed'), bond.allowed_ips.join(', ') || t('none')],
      [t('packets'), `\u2191 ${F.count(bond.tx_packets, lang)}  \u2193 ${F.count(bond.rx_packets, lang)}`],
      [t('bond.reordering'), t('bond.reordering.value', {
        now: F.count(bond.held_packets, lang), total: F.count(bond.held_total, lang),
        longest: F.milliseconds(bond.hold_max_us, lang),
      })],
      [t('bond.resent'), t('bond.resent.value', {
        resent: F.count(bond.resent, lang), duplicates: F.count(bond.duplicates, lang),
        late: F.count(bond.late, lang),
      })],
      [t('bond.dropped'), dropped.join(', ') || t('none')],
      [t('bond.resets'), bond.resets > 0 ? F.count(bond.resets, lang) : ''],
    ]);
  }

  updateUplinks(bond, live, now) {
    const names = bond.uplinks.map(({ name }) => name);
    if ([...this.uplinks.keys()].join() !== names.join()) {
      const cards = new Map(names.map((name) => [name, this.uplinks.get(name) || new UplinkCard(name)]));
      this.uplinks = cards;
      this.list.replaceChildren(...(names.length > 0
        ? [...cards.values()].map(({ element }) => element)
        : [el('p', { class: 'notice' }, t('uplinks.none'))]));
    }
    for (const uplink of bond.uplinks) this.uplinks.get(uplink.name).update(uplink, live, now);
  }
}

class EventList {
  constructor() {
    this.all = false;
    this.list = el('ol', { class: 'events' });
    this.more = button(t('events.more'), {
      class: 'small', onclick: () => { this.all = !this.all; this.draw(); },
    });
    this.element = el('section', { class: 'card', 'aria-labelledby': 'events-title' },
      el('h2', { id: 'events-title' }, t('events')), this.list, this.more);
    this.shown = [];
  }

  update(events) {
    this.shown = [...events].reverse();
    this.draw();
  }

  draw() {
    const lang = currentLanguage();
    const today = F.day(Date.now());
    const part = this.all ? this.shown : this.shown.slice(0, SHORT_EVENTS);
    show(this.more, this.shown.length > SHORT_EVENTS);
    setText(this.more, t(this.all ? 'events.fewer' : 'events.more'));
    this.list.replaceChildren(...part.map((event) => {
      const reason = reasonIn(lang, F.eventReason(event));
      // Of an uplink the words are ours, of anything else the daemon's.
      const what = event.kind === 'uplink' ? { text: F.eventText(event, lang), lang } : reasonIn(lang, F.eventText(event, lang));
      const date = F.day(event.time_ms);
      return el('li', { class: event.kind === 'uplink' ? F.stateLevel(event.state) : 'off' },
        el('time', { datetime: new Date(event.time_ms).toISOString() },
          (date === today ? '' : date + ' ') + F.clock(event.time_ms)),
        el('span', { class: 'what', lang: what.lang }, what.text),
        reason.text ? el('span', { class: 'why', lang: reason.lang }, reason.text) : null);
    }));
    if (part.length === 0) this.list.append(el('li', { class: 'off' }, t('events.none')));
  }
}

export class StatusView {
  constructor(live) {
    this.live = live;
    this.bonds = new Map();
    this.waiting = el('p', { class: 'notice' }, t('live.waiting') + '\u2026');
    this.list = el('div', { class: 'bonds' }, this.waiting);
    this.events = new EventList();
    this.speedTest = new SpeedTestCard(live);
    this.details = new DetailsList();
    this.about = el('section', { class: 'card', 'aria-labelledby': 'interface-title' },
      el('h2', { id: 'interface-title' }, t('interface') + ' ', el('b', {}, live.name)),
      this.details.list);
    this.element = el('div', { class: 'status' }, this.list,
      el('div', { class: 'side' }, this.events.element, this.speedTest.element, this.about));
    this.onStatus = () => this.update();
    this.onEvents = ({ detail }) => {
      this.events.update(this.live.events);
      for (const event of detail) announce(reasonIn(currentLanguage(), F.eventText(event, currentLanguage())).text);
    };
    live.addEventListener('status', this.onStatus);
    live.addEventListener('events', this.onEvents);
    this.events.update(live.events);
    if (live.status) this.update();
  }

  close() {
    this.live.removeEventListener('status', this.onStatus);
    this.live.removeEventListener('events', this.onEvents);
  }

  update() {
    const { status } = this.live;
    const now = Date.now();
    const lang = currentLanguage();
    const names = status.bonds.map(({ name }) => name);
    if (this.waiting.isConnected || [...this.bonds.keys()].join() !== names.join()) {
      this.bonds = new Map(names.map((name) => [name, this.bonds.get(name) || new BondSection(name)]));
      this.list.replaceChildren(...[...this.bonds.values()].map(({ element }) => element));
    }
    for (const bond of status.bonds) this.bonds.get(bond.name).update(bond, this.live, now);
    this.speedTest.update(status);
    const because = (choice, reason) => choice + (reason ? ` (${reason})` : '');
    this.details.update([
      [t('interface.addresses'), status.addresses.join(', ') || t('none')],
      [t('interface.port'), status.listen_port || ''],
      [t('interface.mtu'), status.mtu],
      [t('interface.daemon'), t('interface.daemon.value', {
        version: status.wirebraid_version,
        time: F.duration(seconds(now) - status.started_s, lang),
      })],
      [t('interface.engine'), because(status.engine, status.engine_reason)],
      [t('interface.cipher'), because(status.cipher, status.cipher_reason)],
      [t('interface.key'), status.public_key],
    ]);
  }
}
