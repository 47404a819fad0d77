// The view of the configuration: its sections as they are, and what may be done with them.
import * as api from './api.js';
import { announce, button, copyButton, currentLanguage, el, rows, t } from './dom.js';
import { SectionForm } from './form.js';

const DEFAULT_CONFIRM_S = 90;
const KINDS = ['Interface', 'Bond', 'Uplink', 'Class'];

export const kindOf = (section) => section.split(' ')[0];
export const nameOf = (section) => section.split(' ').slice(1).join(' ');

/** A dialog that is there while it is open. */
export const openDialog = (element) => {
  document.body.append(element);
  element.addEventListener('close', () => element.remove());
  element.showModal();
};

export class ConfigurationView {
  constructor(live, pending) {
    this.live = live;
    this.pending = pending;
    this.configuration = null;
    this.message = el('div', { role: 'status' });
    this.results = el('div', { class: 'results' });
    this.list = el('div', { class: 'sections' });
    this.element = el('div', { class: 'configuration' }, this.message, this.results, this.list);
    this.onEvents = ({ detail }) => {
      if (detail.some(({ kind }) => kind === 'configuration')) this.refresh();
    };
    this.onPending = () => this.refresh();
    live.addEventListener('events', this.onEvents);
    pending.addEventListener('change', this.onPending);
    this.refresh();
  }

  close() {
    this.closed = true;
    this.live.removeEventListener('events', this.onEvents);
    this.pending.removeEventListener('change', this.onPending);
  }

  async refresh() {
    const answer = await api.configuration(this.live.name);
    if (this.closed) return;
    if (!answer.ok) {
      this.list.replaceChildren(el('div', { class: 'notice' }, el('p', {}, t('config.none')),
        ...(answer.error || []).map((line) => el('p', { lang: 'en' }, line)),
        button(t('retry'), { onclick: () => this.refresh() })));
      return;
    }
    this.configuration = answer.configuration;
    this.pending.set(this.configuration.confirm_within_s);
    this.draw();
  }

  sectionsOf(kind) {
    return this.configuration.sections.filter(({ section }) => kindOf(section) === kind);
  }
  namesOf(kind) {
    return this.sectionsOf(kind).map(({ section }) => nameOf(section));
  }

  draw() {
    const focused = document.activeElement?.dataset?.key;
    const { file, reload_needed } = this.configuration;
    const parts = [el('p', { class: 'file' }, t('config.file') + ': ', el('code', {}, file))];
    if (this.pending.waits) parts.push(el('p', { class: 'notice' }, t('pending.blocked')));
    if (reload_needed && !this.pending.waits) {
      parts.push(el('div', { class: 'notice warn' }, el('p', {}, t('config.reload_needed')),
        button(t('config.reload'), { onclick: () => this.reload() })));
    }
    const titles = { Bond: t('config.bonds'), Uplink: t('uplinks'), Class: t('classes') };
    for (const kind of KINDS) {
      const add = kind === 'Interface' ? null : button(t('config.add.' + kind), {
        'data-key': 'add ' + kind, disabled: this.pending.waits,
        onclick: () => this.edit(kind, null),
      });
      const title = el('header', { class: 'group' }, el('h2', {}, titles[kind] || t('interface')), add);
      parts.push(el('section', { class: 'kind', 'data-kind': kind }, title,
        el('div', { class: 'cards' }, ...this.sectionsOf(kind).map((each) => this.card(kind, each)))));
    }
    const peers = this.sectionsOf('Peer');
    if (peers.length > 0) {
      parts.push(el('section', { class: 'kind' }, el('h2', {}, t('config.peers')),
        el('p', {}, t('config.peers.help')),
        el('div', { class: 'cards' }, ...peers.map((each) => this.card('Peer', each)))));
    }
    this.list.replaceChildren(...parts);
    if (focused) this.list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  card(kind, section) {
    const name = section.section;
    const values = section.keys.map(({ key, value, secret }) =>
      [key, secret ? el('span', { class: 'secret' }, t('config.secret')) : el('code', {}, value)]);
    if (section.public_key) {
      values.push([t('config.own_key'),
        el('span', { class: 'key' }, el('code', {}, section.public_key), copyButton(section.public_key))]);
    }
    const disabled = section.keys.some(({ key, value }) => key === 'Enabled' && value.toLowerCase() === 'no');
    const action = (word, key, onclick) => button(t('config.' + word), {
      class: 'small', disabled: this.pending.waits, 'data-key': key + ' ' + name,
      'aria-label': t('config.' + word + '.label', { section: name }), onclick,
    });
    const buttons = [];
    if (kind !== 'Peer') buttons.push(action('edit', 'edit', () => this.edit(kind, section)));
    if (kind === 'Uplink') {
      buttons.push(action(disabled ? 'enable' : 'disable', 'enable', () => this.apply([
        { do: 'set', section: name, keys: { Enabled: disabled ? null : 'no' } }])));
    }
    if (kind !== 'Interface' && kind !== 'Peer') {
      buttons.push(action('remove', 'remove', () => this.remove(name)));
    }
    return el('article', { class: 'card section' + (disabled ? ' off' : ''), 'data-section': name },
      el('header', {}, el('h3', {}, kind === 'Interface' ? this.live.name : nameOf(name) || kind),
        disabled ? el('span', { class: 'tag' }, t('config.off')) : null),
      values.length > 0 ? el('dl', { class: 'rows' }, ...rows(values)) : el('p', {}, t('config.empty')),
      el('div', { class: 'buttons' }, ...buttons));
  }

  edit(kind, section) {
    const form = new SectionForm({
      kind,
      section,
      taken: this.namesOf(kind),
      reference: this.configuration.reference.filter((each) => each.section === kind),
      bonds: this.namesOf('Bond'),
      uplinks: this.namesOf('Uplink'),
      confirm_s: DEFAULT_CONFIRM_S,
      send: (changes, options) => this.send(changes, options),
      done: (answer) => this.applied(answer),
    });
    openDialog(form.element);
  }

  /** The answer of the daemon, also to what it refuses. */
  send(changes, { confirm_s, check_only }) {
    const body = { changes, revision: this.configuration.revision };
    if (check_only) body.check_only = true;
    else if (confirm_s) body.confirm_s = confirm_s;
    return api.change(this.live.name, body);
  }

  async apply(changes) {
    const answer = await this.send(changes, { confirm_s: DEFAULT_CONFIRM_S });
    if (answer.ok) {
      await this.applied(answer);
    } else {
      this.say('error', t('form.refused'), answer.error || [t('error.network')]);
    }
  }

  async applied(answer) {
    this.message.replaceChildren();
    if ((answer.warnings || []).length > 0) this.say('warn', t('form.warnings'), answer.warnings);
    for (const [section, key] of Object.entries(answer.public_keys || {})) {
      this.results.append(this.newKey(section, key));
    }
    await this.refresh();
  }

  newKey(section, key) {
    const lines = `[${section}]\nPublicKey = ${key}`;
    const box = el('div', { class: 'notice good', role: 'status' },
      el('h3', {}, t('keys.title', { section })), el('p', {}, el('code', { class: 'public-key' }, key)),
      el('p', {}, t('keys.help')), el('pre', {}, lines),
      el('div', { class: 'buttons' }, copyButton(lines), button(t('close'), {
        class: 'small', onclick: () => box.remove(),
      })));
    return box;
  }

  say(kind, text, lines) {
    this.message.replaceChildren(el('div', { class: 'notice ' + kind }, el('p', {}, text),
      el('ul', { lang: 'en' }, ...lines.map((line) => el('li', {}, line)))));
    announce(text);
  }

  remove(section) {
    const dialog = el('dialog', { 'aria-labelledby': 'ask' },
      el('form', { method: 'dialog', onsubmit: ({ submitter }) => {
        if (submitter.value === 'yes') this.apply([{ do: 'remove', section }]);
      } },
      el('p', { id: 'ask' }, t('config.remove.ask', { section })),
      el('div', { class: 'buttons' },
        el('button', { value: 'yes', class: 'danger' }, t('config.remove')),
        el('button', { value: 'no', autofocus: true }, t('form.cancel')))));
    openDialog(dialog);
  }

  async reload() {
    const answer = await api.reload(this.live.name);
    if (!answer.ok) this.say('error', t('form.refused'), answer.error || [t('error.network')]);
    await this.refresh();
  }
}
