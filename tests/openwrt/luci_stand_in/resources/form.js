'use strict';
'require baseclass';
'require uci';
'require validation';

// Stands for LuCI's form.js: maps, sections and options with the members that views use. Saving
// refuses values that their datatype or validate() refuses, as there.

const Option = baseclass.extend({
  __init__(section, name, title, description) {
    Object.assign(this, { section, option: name, title, description, choices: [], conditions: [], inputs: {} });
  },
  value(key, title) {
    this.choices.push([key, title === undefined ? key : title]);
  },
  depends(option, value) {
    this.conditions.push([option, value]);
  },
  stored(id) {
    return uci.get(this.section.map.config, id, this.option);
  },
  cfgvalue(id) {
    const value = this.stored(id);
    return value === undefined ? this.default : value;
  },
  textvalue(id) {
    return L.toArray(this.cfgvalue(id)).join(', ');
  },
  getUIElement(id) {
    return { setValue: (value) => { this.inputs[id].value = value; }, getValue: () => this.formvalue(id) };
  },
  formvalue(id) {
    return this.inputs[id].value;
  },
  renderWidget(id) {
    this.inputs[id] = E('input', {
      type: this.password ? 'password' : 'text', value: L.toArray(this.cfgvalue(id)).join(' '),
      placeholder: this.placeholder, 'data-option': this.option, 'aria-label': this.title,
    });
    return this.inputs[id];
  },
  render(id) {
    return E('div', { 'class': 'cbi-value', 'data-name': this.option }, [
      E('label', this.title || ''),
      E('div', [this.renderWidget(id), E('div', { 'class': 'cbi-value-description' }, this.description || '')]),
    ]);
  },
  complaint(id) {
    const values = L.toArray(this.formvalue(id));
    if (values.length === 0) return this.rmempty === false ? 'empty' : true;
    for (const value of values) {
      const verdict = this.validate ? this.validate(id, value) : true;
      if (verdict !== true) return verdict;
      if (this.datatype && !validation.fits(this.datatype, value)) return 'not ' + this.datatype;
    }
    return true;
  },
  parse(id) {
    if (!this.inputs[id]) return true;
    const verdict = this.complaint(id);
    this.inputs[id].classList.toggle('invalid', verdict !== true);
    this.inputs[id].title = verdict === true ? '' : verdict;
    if (verdict !== true) return false;
    const value = this.formvalue(id);
    const is_default = value === this.default && this.rmempty !== false && this.stored(id) === undefined;
    uci.set(this.section.map.config, id, this.option, is_default ? null : value);
    return true;
  },
});

const Flag = Option.extend({
  renderWidget(id) {
    this.inputs[id] = E('input', { type: 'checkbox', 'data-option': this.option, 'aria-label': this.title });
    this.inputs[id].checked = this.cfgvalue(id) === '1';
    return this.inputs[id];
  },
  formvalue(id) {
    return this.inputs[id].checked ? '1' : '0';
  },
});

const ListValue = Option.extend({
  renderWidget(id) {
    const now = this.cfgvalue(id) || '';
    const choices = this.choices.some(([key]) => key === now) ? this.choices : [[now, now], ...this.choices];
    this.inputs[id] = E('select', { 'data-option': this.option, 'aria-label': this.title },
      choices.map(([key, title]) => E('option', { value: key }, title)));
    this.inputs[id].value = now;
    return this.inputs[id];
  },
});

// One field with blanks between stands for LuCI's list of fields.
const DynamicList = Option.extend({
  formvalue(id) {
    return L.toArray(this.inputs[id].value);
  },
});

const Button = Option.extend({
  renderWidget(id) {
    return E('button', { 'data-option': this.option, click: () => this.onclick(id) }, this.inputtitle);
  },
  parse: () => true,
});

const DummyValue = Option.extend({
  renderWidget(id) {
    return E('span', { 'data-option': this.option }, this.cfgvalue(id) || '');
  },
  textvalue(id) {
    return this.cfgvalue(id);
  },
  parse: () => true,
});

const Section = baseclass.extend({
  __init__(map, type, title, description) {
    Object.assign(this, { map, type, title, description, options: [], tabs: [] });
  },
  tab(name, title, description) {
    this.tabs.push({ name, title, description });
  },
  option(kind, name, title, description) {
    return this.taboption(null, kind, name, title, description);
  },
  taboption(tab, kind, name, title, description) {
    if (tab !== null && !this.tabs.some((each) => each.name === tab)) throw new Error('no tab ' + tab);
    if (this.options.some((each) => each.option === name)) throw new Error('option ' + name + ' twice');
    const o = new kind(this, name, title, description);
    o.tab = tab;
    this.options.push(o);
    return o;
  },
  ids() {
    return uci.sections(this.map.config, this.type).map((section) => section['.name']);
  },
  renderOptions(id) {
    const options = this.options.filter((o) => o.modalonly !== false);
    if (this.tabs.length === 0) return options.map((o) => o.render(id));
    const panes = this.tabs.map((tab) => E('div', { 'data-pane': tab.name }, [
      tab.description ? E('p', tab.description) : '',
      ...options.filter((o) => o.tab === tab.name).map((o) => o.render(id)),
    ]));
    const heads = this.tabs.map((tab, i) => E('span', { 'class': 'cbi-tab', 'data-tab': tab.name, click: () => show(i) }, tab.title));
    const show = (wanted) => panes.forEach((pane, i) => {
      pane.hidden = i !== wanted;
      heads[i].classList.toggle('active', i === wanted);
    });
    show(0);
    return [E('div', heads), ...panes];
  },
  parse() {
    return this.ids().map((id) => this.options.map((o) => o.parse(id)).every((good) => good)).every((good) => good);
  },
});

const NamedSection = Section.extend({
  __init__(map, name, type, title, description) {
    Section.prototype.__init__.call(this, map, type, title, description);
    this.name = name;
    if (uci.get(map.config, name) === undefined) uci.add(map.config, type, name);
  },
  ids() {
    return [this.name];
  },
  render() {
    return E('div', { 'class': 'cbi-section', 'data-section-type': this.type }, [
      this.title ? E('h3', this.title) : '', this.description ? E('p', this.description) : '', ...this.renderOptions(this.name),
    ]);
  },
});

const GridSection = Section.extend({
  render() {
    this.node = E('div', { 'class': 'cbi-section', 'data-section-type': this.type });
    this.refresh();
    return this.node;
  },
  columns() {
    return this.options.filter((o) => !o.modalonly);
  },
  refresh() {
    const name = E('input', { 'data-new': this.type, 'aria-label': 'name' });
    const rows = this.ids().map((id) => E('tr', { 'class': 'tr', 'data-id': id }, [
      E('td', { 'class': 'td' }, id),
      ...this.columns().map((o) => E('td', { 'class': 'td' }, o.editable ? o.renderWidget(id) : o.textvalue(id))),
      E('td', { 'class': 'td' }, [
        E('button', { 'data-edit': id, click: () => this.edit(id) }, 'Edit'),
        E('button', { 'data-remove': id, click: () => { uci.remove(this.map.config, id); this.refresh(); } }, 'Delete'),
      ]),
    ]));
    this.node.replaceChildren();
    luciAppend(this.node, [
      this.title ? E('h3', this.title) : '',
      E('table', { 'class': 'table' }, [
        E('tr', { 'class': 'tr' }, ['', ...this.columns().map((o) => o.title), ''].map((title) => E('th', { 'class': 'th' }, title))),
        ...rows,
      ]),
      this.addremove ? E('p', [name, E('button', { 'data-add': this.type, click: () => {
        uci.add(this.map.config, this.type, name.value);
        this.refresh();
      } }, 'Add')]) : '',
    ]);
  },
  edit(id) {
    const modal = E('div', { 'class': 'modal', 'data-modal': id }, [E('h4', this.modaltitle ? this.modaltitle(id) : id)]);
    // In the window are all but what can be edited in the table.
    luciAppend(modal, this.renderOptions(id));
    luciAppend(modal, E('button', { 'data-close': id, click: () => {
      if (this.options.map((o) => o.parse(id)).every((good) => good)) {
        modal.remove();
        this.refresh();
      }
    } }, 'Save'));
    document.body.appendChild(modal);
  },
});

const Map_ = baseclass.extend({
  __init__(config, title, description) {
    Object.assign(this, { config, title, description, parts: [] });
    window.luciMaps = (window.luciMaps || []).concat(this);
  },
  section(kind, ...values) {
    const section = new kind(this, ...values);
    this.parts.push(section);
    return section;
  },
  async render() {
    await uci.load(this.config);
    return E('div', [E('h2', this.title), E('div', { 'class': 'cbi-map-descr' }, this.description || ''),
      ...this.parts.map((part) => part.render())]);
  },
  async save() {
    if (!this.parts.map((part) => part.parse()).every((good) => good)) throw new Error('a value is not valid');
    await uci.save(this.config);
  },
});

return baseclass.extend({
  Map: Map_, NamedSection, GridSection, TypedSection: GridSection, Value: Option, Flag, ListValue, DynamicList,
  MultiValue: DynamicList, Button, DummyValue,
});
