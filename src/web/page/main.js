// The page: who is logged in, which interface and view are shown, and in which language.
import * as api from './api.js';
import { ConfigurationView } from './configuration.js';
import { button, currentLanguage, el, setAttribute, setLanguage, setText, t } from './dom.js';
import { Live } from './live.js';
import { loginView } from './login.js';
import { Pending } from './pending.js';
import { StatusView } from './status.js';

const LANGUAGE_KEY = 'wirebraid.language';
const INTERFACES_MS = 10000;

const remembered = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const remember = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then it is asked again next time
  }
};

class MapView {
  constructor() {
    this.element = el('div', { class: 'map' },
      el('p', {}, el('a', { href: 'map', target: '_blank', rel: 'noopener' }, t('map.open'))),
      el('iframe', { src: 'map', title: t('map.title'), sandbox: '', tabindex: '0' }));
  }
  close() {}
}

class Page {
  constructor() {
    this.root = document.getElementById('app');
    this.view_name = 'status';
    this.interfaces = [];
    api.whenLoggedOut(() => this.askPassword(this.logged_in ? t('login.expired') : ''));
    setInterval(() => this.tick(), 1000);
    setInterval(() => this.findInterfaces(), INTERFACES_MS);
    window.addEventListener('hashchange', () => {
      const name = decodeURIComponent(location.hash.slice(1));
      if (this.logged_in && name !== this.name && this.interfaces.includes(name)) this.open(name);
    });
  }

  async start() {
    const session = await api.session();
    if (session.status === 0) {
      this.root.replaceChildren(el('main', { class: 'login' }, el('div', { class: 'card' },
        el('p', {}, t('error.network')), button(t('retry'), { onclick: () => this.start() }))));
    } else if (session.authenticated) {
      this.enter(session);
    } else {
      this.askPassword();
    }
  }

  askPassword(remark = '') {
    // Several requests may find out at once.
    if (this.root.querySelector('.login form')) return;
    this.leave();
    this.logged_in = false;
    const again = async () => this.enter(await api.session());
    this.root.replaceChildren(el('div', { class: 'corner' }, this.languageButton()), loginView(again, remark));
    this.root.querySelector('#password').focus();
  }

  async enter(session) {
    this.logged_in = true;
    this.session = session;
    const answer = await api.interfaces();
    if (!answer.ok) return;
    this.interfaces = answer.interfaces;
    // The address may name one: a bookmark.
    const wanted = [this.name, decodeURIComponent(location.hash.slice(1)), this.interfaces[0]];
    this.open(wanted.find((each) => this.interfaces.includes(each)));
  }

  leave() {
    this.view?.close();
    this.view = null;
    this.live?.close();
    this.live = null;
    this.pending?.close();
    this.pending = null;
  }

  open(name) {
    this.leave();
    this.name = name;
    if (name) {
      history.replaceState(null, '', '#' + encodeURIComponent(name));
      this.live = new Live(name);
      this.pending = new Pending(name);
    }
    this.draw();
  }

  draw() {
    this.view?.close();
    this.view = null;
    this.dot = el('span', { class: 'dot', 'aria-hidden': 'true' });
    this.freshness = el('span', {});
    this.main = el('main', { id: 'main', tabindex: '-1' });
    this.tabs = el('nav', { 'aria-label': t('nav') },
      ...['status', 'configuration', ...(this.session.map ? ['map'] : [])].map((each) => button(t('nav.' + each), {
        'data-view': each, onclick: () => this.openView(each),
      })));
    this.root.replaceChildren(
      el('header', { class: 'top' },
        el('h1', {}, 'wirebraid'), this.interfaceChoice(),
        el('span', { class: 'live' }, this.dot, this.freshness), this.tabs,
        el('div', { class: 'corner' }, this.languageButton(),
          button(t('logout'), { class: 'plain', onclick: () => this.logout() }))),
      ...(this.pending ? [this.pending.element] : []), this.main);
    if (!this.live) {
      this.tabs.hidden = true;
      this.main.replaceChildren(el('div', { class: 'notice' }, el('p', {}, t('no_interface')),
        el('p', {}, t('no_interface.help'))));
      return;
    }
    this.openView(this.view_name);
    this.tick();
  }

  interfaceChoice() {
    if (this.interfaces.length < 2) return el('span', { class: 'interface' }, this.name || '');
    const select = el('select', { 'aria-label': t('interface'), onchange: () => this.open(select.value) },
      ...this.interfaces.map((each) => el('option', { value: each }, each)));
    select.value = this.name;
    return select;
  }

  languageButton() {
    const other = currentLanguage() === 'de' ? 'en' : 'de';
    return button(t('language'), {
      class: 'plain', lang: other,
      onclick: () => {
        remember(LANGUAGE_KEY, other);
        setLanguage(other);
        if (!this.logged_in) {
          this.root.replaceChildren();
          this.askPassword();
          return;
        }
        // Its words are those of the language that it was made in.
        if (this.pending) {
          const left = this.pending.deadline;
          this.pending.close();
          this.pending = new Pending(this.name);
          if (left > 0) this.pending.set(Math.ceil((left - Date.now()) / 1000));
        }
        this.draw();
      },
    });
  }

  openView(name) {
    this.view?.close();
    this.view_name = name;
    for (const tab of this.tabs.children) {
      if (tab.dataset.view === name) tab.setAttribute('aria-current', 'page');
      else tab.removeAttribute('aria-current');
    }
    this.view = name === 'configuration' ? new ConfigurationView(this.live, this.pending)
      : name === 'map' ? new MapView() : new StatusView(this.live);
    this.main.replaceChildren(this.view.element);
    if (name === 'status') this.lookForPending();
  }

  /** Somebody else may try a change, or this page was loaded anew in the middle of one. */
  async lookForPending() {
    const answer = await api.configuration(this.name);
    if (answer.ok && this.pending?.name === this.name) {
      this.pending.set(answer.configuration.confirm_within_s);
    }
  }

  tick() {
    if (!this.live || !this.freshness) return;
    const silence = this.live.silence();
    const waiting = silence === 0 && !this.live.status;
    const text = silence > 0
      ? t('live.lost', { time: WirebraidFormat.duration(silence / 1000, currentLanguage()) })
      : t(waiting ? 'live.waiting' : 'live');
    setText(this.freshness, silence > 0 && this.live.lost.length > 0 ? text + ': ' + this.live.lost[0] : text);
    setAttribute(this.dot, 'class', 'dot ' + (silence > 0 ? 'bad' : waiting ? 'warn' : 'good'));
    setAttribute(this.main, 'class', silence > 0 ? 'stale' : '');
  }

  async findInterfaces() {
    if (!this.logged_in) return;
    const answer = await api.interfaces();
    if (!answer.ok || answer.interfaces.join() === this.interfaces.join()) return;
    this.interfaces = answer.interfaces;
    if (!this.name && this.interfaces.length > 0) this.open(this.interfaces[0]);
    else this.root.querySelector('header.top select, header.top .interface')?.replaceWith(this.interfaceChoice());
  }

  async logout() {
    await api.logout();
    this.askPassword();
  }
}

setLanguage(WirebraidFormat.language(remembered(LANGUAGE_KEY) || navigator.language));
new Page().start();
