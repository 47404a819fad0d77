// A dialog that edits one section of the configuration, made from the daemon's own list of keys.
import { announce, button, currentLanguage, el, setText, show, t } from './dom.js';
import { helpIn } from './words.js';

// What most people set comes first; everything else is under "More settings".
const USUAL = {
  Interface: ['Address', 'ListenPort', 'PrivateKey', 'MTU'],
  Bond: ['Mode', 'AllowedIPs', 'HoldTime'],
  Uplink: ['PublicKey', 'Endpoint', 'Device', 'PrivateKey', 'RateUp', 'RateDown', 'Priority', 'Cost', 'Quota'],
  Class: ['Mode', 'Uplinks', 'Protocol', 'Port', 'DSCP', 'Prefix'],
};
const EXAMPLES = {
  Address: '10.99.0.2/24, fd99::2/64',
  AllowedIPs: '0.0.0.0/0, ::/0',
  Device: 'eth1',
  DSCP: 'ef, af41',
  Endpoint: 'server.example:51820',
  Port: '5060, 16384-32767',
  Prefix: '192.0.2.0/24',
  PrivateKeyFile: 'lte.key',
  PresharedKeyFile: 'lte.psk',
  Protocol: 'udp',
  Quota: '20G',
  RateDown: '50M',
  RateUp: '10M',
  Target: '9.9.9.9',
  TunnelAddress: '10.64.0.2, fd64::2',
};
const CONFIRM_CHOICES_S = [10, 30, 90];
const NAME = /^[A-Za-z0-9_.-]{1,32}$/;
// "packet|flow|host (=packet)", not "NUMBER|off" or "1..64|auto".
const WORDS = /^[a-z][a-z_-]*(\|[a-z][a-z_-]*)+/;

let nextId = 0;

/** One key: a label, an input, its explanation and what is wrong with it. */
class Field {
  constructor(reference, old, adding) {
    this.key = reference.key;
    this.old = old;
    this.adding = adding;
    const id = 'field-' + (nextId += 1);
    const help = helpIn(currentLanguage(), reference.section, reference.key, reference.help);
    const [values, fallback] = this.parts(reference.values);
    this.problem = el('p', { class: 'problem', id: id + '-problem', hidden: true, lang: 'en' });
    this.input = this.makeInput(id, values, fallback, reference);
    this.main = this.input.matches('input, select') ? this.input : this.input.querySelector('input, select');
    this.main.setAttribute('aria-describedby', `${id}-help ${id}-problem`);
    const label = this.input.matches('fieldset') ? null : el('label', { for: id }, this.key);
    this.element = el('div', { class: 'field', 'data-key': this.key }, label, this.input,
      el('p', { class: 'help', id: id + '-help', lang: help.lang }, help.text), this.problem);
  }

  parts(values) {
    const found = /^(.*?)(?: \(=(.*)\))?$/.exec(values);
    return [found[1], found[2]];
  }

  makeInput(id, values, fallback, reference) {
    const value = this.old?.value ?? '';
    if (this.key === 'PrivateKey') return this.makeKeyInput(id);
    if (reference.choices?.several) return this.makeChecks(reference.choices.names, value);
    const words = reference.choices ? reference.choices.names : WORDS.test(values) ? values.split('|') : null;
    if (words) {
      const empty = fallback ? t('form.default.value', { value: fallback }) : t('form.default');
      const known = value === '' || words.includes(value);
      const select = el('select', { id }, el('option', { value: '' }, empty),
        ...[...words, ...(known ? [] : [value])].map((word) => el('option', { value: word }, word)));
      select.value = value;
      return select;
    }
    const secret = this.key === 'PresharedKey';
    const input = el('input', {
      id, type: secret ? 'password' : 'text', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
      placeholder: secret && this.old ? t('form.secret.keep')
        : fallback ? t('form.default.value', { value: fallback })
          : reference.section !== 'Uplink' || this.key !== 'Address' ? EXAMPLES[this.key] : '192.0.2.7',
    });
    input.value = value;
    return input;
  }

  makeChecks(names, value) {
    const chosen = value.split(',').map((each) => each.trim());
    return el('fieldset', { class: 'checks' }, el('legend', {}, this.key), ...names.map((name) => {
      const box = el('input', { type: 'checkbox', value: name });
      box.checked = chosen.includes(name);
      return el('label', {}, box, name);
    }));
  }

  makeKeyInput(id) {
    const paste = el('input', {
      type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-label': t('form.key.value'),
      placeholder: 'base64', hidden: true,
    });
    const choices = this.old ? ['keep', 'generate', 'paste', 'none'] : ['none', 'generate', 'paste'];
    const select = el('select', { id, onchange: () => show(paste, select.value === 'paste') },
      ...choices.map((each) => el('option', { value: each }, t('form.key.' + each))));
    if (this.adding) select.value = 'generate';
    this.choice = select;
    this.paste = paste;
    return el('div', { class: 'key-input' }, select, paste);
  }

  /** What a change has to say of it; undefined: nothing. */
  change() {
    if (this.choice) {
      switch (this.choice.value) {
        case 'generate': return { generate: true };
        case 'paste': return this.paste.value.trim();
        case 'none': return this.old ? null : undefined;
        default: return undefined;
      }
    }
    const value = this.input.matches('fieldset')
      ? [...this.input.querySelectorAll(':checked')].map((box) => box.value).join(', ')
      : this.input.value.trim();
    // A secret is not shown, so an empty field means that it stays.
    if (value === '') return this.old && !this.old.secret ? null : undefined;
    return value === this.old?.value ? undefined : value;
  }

  complain(text) {
    setText(this.problem, text);
    show(this.problem, text !== '');
    if (text === '') this.main.removeAttribute('aria-invalid');
    else this.main.setAttribute('aria-invalid', 'true');
  }
}

export class SectionForm {
  /** options: see ConfigurationView.edit(). `section`: null to add one. */
  constructor(options) {
    this.options = options;
    const { kind, section, confirm_s } = options;
    const title = section ? section.section : t('form.add.' + kind);
    this.summary = el('div', { class: 'notice error', role: 'alert', tabindex: '-1', hidden: true });
    this.said = el('p', { role: 'status', class: 'said' });
    this.name = section ? null : this.makeName();
    this.makeFields();
    this.confirm = el('select', { id: 'confirm' }, ...CONFIRM_CHOICES_S.map((each) =>
      el('option', { value: String(each) }, t('seconds', { count: each }))));
    this.confirm.value = String(confirm_s);
    this.submit = el('button', { class: 'primary' }, t('form.apply'));
    this.check = button(t('form.check'), { onclick: () => this.send(true) });
    this.element = el('dialog', { class: 'editor', 'aria-labelledby': 'editor-title' },
      el('form', { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.send(false); } },
        el('h2', { id: 'editor-title' }, title), this.summary,
        el('div', { class: 'fields' }, this.name?.element, ...this.usual.map(({ element }) => element),
          el('details', { class: 'more' }, el('summary', {}, t('form.more')),
            ...this.more.map(({ element }) => element))),
        el('footer', {}, el('p', {}, el('label', { for: 'confirm' }, t('form.confirm')), ' ', this.confirm),
          this.said,
          el('div', { class: 'buttons' }, this.submit, this.check,
            button(t('form.cancel'), { onclick: () => this.element.close() })))));
  }

  makeName() {
    const input = el('input', {
      id: 'section-name', type: 'text', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
      required: true, autofocus: true, 'aria-describedby': 'section-name-help section-name-problem',
    });
    const problem = el('p', { class: 'problem', id: 'section-name-problem', hidden: true });
    return {
      input,
      main: input,
      element: el('div', { class: 'field', 'data-key': 'name' }, el('label', { for: 'section-name' }, t('form.name')),
        input, el('p', { class: 'help', id: 'section-name-help' }, t('form.name.help')), problem),
      complain: (text) => {
        setText(problem, text);
        show(problem, text !== '');
        if (text === '') input.removeAttribute('aria-invalid');
        else input.setAttribute('aria-invalid', 'true');
      },
    };
  }

  makeFields() {
    const { kind, section, reference, bonds, uplinks } = this.options;
    const usual = [...USUAL[kind]];
    // With several bonds it has to be said which one is meant.
    if ((kind === 'Uplink' || kind === 'Class') && bonds.length > 1) usual.unshift('Bond');
    const old = new Map();
    for (const each of section?.keys || []) {
      // A key that stands several times is shown as the list that it is.
      const before = old.get(each.key);
      old.set(each.key, before && !each.secret ? { ...each, value: before.value + ', ' + each.value } : each);
    }
    const fields = reference.filter(({ values }) => values !== '...' ).map((each) => {
      const choices = each.key === 'Bond' ? { names: bonds }
        : each.key === 'Uplinks' ? { names: uplinks, several: true } : null;
      return new Field({ ...each, choices }, old.get(each.key), !section && kind === 'Uplink');
    });
    const isUsual = ({ key, old: before }) => usual.includes(key) || before !== undefined;
    const place = ({ key }) => (usual.includes(key) ? usual.indexOf(key) : usual.length);
    this.usual = fields.filter(isUsual).sort((one, other) => place(one) - place(other));
    this.more = fields.filter((field) => !isUsual(field));
  }

  get fields() {
    return [...this.usual, ...this.more];
  }

  clear() {
    show(this.summary, false);
    setText(this.said, '');
    this.name?.complain('');
    for (const field of this.fields) field.complain('');
  }

  /** nullptr if the name will not do. */
  makeChange() {
    const { kind, section, taken } = this.options;
    const keys = {};
    for (const field of this.fields) {
      const value = field.change();
      if (value !== undefined) keys[field.key] = value;
    }
    if (section) return { do: 'set', section: section.section, keys };
    const name = this.name.input.value.trim();
    const fault = !NAME.test(name) ? 'form.name.wrong' : taken.includes(name) ? 'form.name.taken' : '';
    if (fault !== '') {
      this.name.complain(t(fault));
      this.name.input.focus();
      return null;
    }
    return { do: 'add', section: kind + ' ' + name, keys };
  }

  async send(check_only) {
    this.clear();
    const change = this.makeChange();
    if (!change) return;
    if (change.do === 'set' && Object.keys(change.keys).length === 0) {
      setText(this.said, t('form.unchanged'));
      return;
    }
    this.submit.disabled = this.check.disabled = true;
    const answer = await this.options.send([change], { check_only, confirm_s: Number(this.confirm.value) });
    this.submit.disabled = this.check.disabled = false;
    if (!answer.ok) {
      this.refuse(change.section, answer);
    } else if (check_only) {
      setText(this.said, t('form.checked'));
    } else {
      this.element.close();
      await this.options.done(answer);
    }
  }

  refuse(section, answer) {
    const elsewhere = [];
    let first = null;
    for (const problem of answer.problems || []) {
      const field = problem.section === section && problem.key !== ''
        ? this.fields.find(({ key }) => key.toLowerCase() === problem.key.toLowerCase()) : null;
      if (!field) {
        elsewhere.push((problem.section && problem.section !== section ? problem.section + ': ' : '') +
          (problem.key ? problem.key + ': ' : '') + problem.message);
        continue;
      }
      field.complain(problem.message);
      first = first || field;
    }
    const lines = (answer.problems || []).length > 0 ? elsewhere
      : answer.error?.length > 0 ? answer.error : [t('error.network')];
    this.summary.replaceChildren(el('p', {}, t('form.refused')),
      lines.length > 0 ? el('ul', { lang: 'en' }, ...lines.map((line) => el('li', {}, line))) : '');
    show(this.summary, true);
    if (first) {
      const details = first.element.closest('details');
      if (details) details.open = true;
      first.main.focus();
    } else {
      this.summary.focus();
    }
    announce(t('form.refused'));
  }
}
