'use strict';
'require baseclass';
// Packages are lists of sections with their options and, as LuCI has it, .name and .type.
return baseclass.extend({
  packages: {},

  async load(name) {
    if (!this.packages[name]) this.packages[name] = await (await fetch('/uci/' + name)).json();
    return this.packages[name];
  },
  sections(name, type, fn) {
    const found = this.packages[name].filter((section) => !type || section['.type'] === type);
    if (fn) found.forEach(fn);
    return found;
  },
  section(name, id) {
    return this.packages[name].find((each) => each['.name'] === id);
  },
  get(name, id, option) {
    const section = this.section(name, id);
    return section && (option ? section[option] : section);
  },
  set(name, id, option, value) {
    const section = this.section(name, id);
    if (value === null || value === undefined || value.length === 0) delete section[option];
    else section[option] = value;
  },
  add(name, type, id) {
    this.packages[name].push({ '.name': id, '.type': type });
    return id;
  },
  remove(name, id) {
    this.packages[name] = this.packages[name].filter((each) => each['.name'] !== id);
  },
  async save(name) {
    const answer = await fetch('/uci/' + name, { method: 'POST', body: JSON.stringify(this.packages[name]) });
    if (!answer.ok) throw new Error('uci: ' + answer.status);
  },
});
