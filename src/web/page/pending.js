// A change that is being tried: how long it has, and what becomes of it.
import * as api from './api.js';
import { announce, button, currentLanguage, el, setText, show, t } from './dom.js';

const SAID_ALOUD = [60, 30, 10, 5];

export class Pending extends EventTarget {
  constructor(name) {
    super();
    this.name = name;
    this.deadline = 0;
    this.left = el('b', { class: 'left' });
    this.error = el('p', { class: 'error', role: 'alert', hidden: true });
    this.keep = button(t('pending.keep'), { class: 'primary', onclick: () => this.decide(api.confirm, 'pending.kept') });
    this.revert = button(t('pending.revert'), { onclick: () => this.decide(api.revert, 'pending.reverted') });
    this.element = el('div', { class: 'pending', role: 'region', 'aria-label': t('pending.text'), hidden: true },
      el('p', {}, t('pending.text'), ' ', this.left), el('div', { class: 'buttons' }, this.keep, this.revert),
      this.error);
    this.timer = setInterval(() => this.tick(), 250);
  }

  close() {
    clearInterval(this.timer);
  }

  get waits() {
    return this.deadline > 0;
  }

  /** Seconds that the daemon gives it; 0: nothing waits. */
  set(seconds) {
    const began = seconds > 0 && !this.waits;
    const ended = seconds === 0 && this.waits;
    this.deadline = seconds > 0 ? Date.now() + seconds * 1000 : 0;
    this.said = seconds;
    show(this.error, false);
    this.tick();
    if (began) {
      announce(t('pending.text') + ' ' + t('seconds', { count: seconds }));
      this.keep.focus();
    }
    if (began || ended) this.dispatchEvent(new Event('change'));
  }

  tick() {
    show(this.element, this.waits);
    if (!this.waits) return;
    const left = Math.max(0, Math.ceil((this.deadline - Date.now()) / 1000));
    setText(this.left, WirebraidFormat.duration(left, currentLanguage()));
    const aloud = SAID_ALOUD.find((each) => left <= each && this.said > each);
    if (aloud) announce(t('seconds', { count: left }));
    this.said = left;
    if (left > 0) return;
    // The daemon has the last word: it takes the change back by itself.
    this.deadline = 0;
    show(this.element, false);
    announce(t('pending.reverted'));
    setTimeout(() => this.dispatchEvent(new Event('change')), 500);
  }

  async decide(call, word) {
    this.keep.disabled = this.revert.disabled = true;
    const answer = await call(this.name);
    this.keep.disabled = this.revert.disabled = false;
    if (!answer.ok) {
      setText(this.error, (answer.error || []).join('\n') || t('error.network'));
      show(this.error, true);
      return;
    }
    announce(t(word));
    this.set(0);
  }
}
