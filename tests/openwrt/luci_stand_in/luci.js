// Stands for LuCI's luci.js: loads modules by 'require' directives as it does, and has of L what
// views use. The modules themselves are in resources/.
'use strict';

(() => {
  const parameters = new URLSearchParams(location.search);
  const language = parameters.get('lang') || 'en';
  let translations = {};
  document.documentElement.lang = language;

  /** %s and %d; all that views use. */
  String.prototype.format = function format(...values) {
    return this.replace(/%[sd%]/g, (found) => (found === '%%' ? '%' : String(values.shift())));
  };

  class Class {
    constructor(...values) {
      if (this.__init__) this.__init__(...values);
    }

    super(name, values) {
      let place = Object.getPrototypeOf(this);
      while (!Object.prototype.hasOwnProperty.call(place, name)) place = Object.getPrototypeOf(place);
      return Object.getPrototypeOf(place)[name].apply(this, values);
    }

    static extend(properties) {
      const child = class extends this {};
      for (const name of Object.keys(properties)) {
        Object.defineProperty(child.prototype, name, { value: properties[name], writable: true, configurable: true });
      }
      return child;
    }
  }

  const isElement = (value) => value instanceof Node;
  const append = (node, children) => {
    if (Array.isArray(children)) children.forEach((child) => append(node, child));
    else if (isElement(children)) node.appendChild(children);
    else if (children !== null && children !== undefined && children !== '') {
      node.appendChild(document.createTextNode(String(children)));
    }
    return node;
  };
  const E = (tag, attributes, children) => {
    if (attributes === null || typeof attributes !== 'object' || Array.isArray(attributes) || isElement(attributes)) {
      children = children === undefined ? attributes : children;
      attributes = {};
    }
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'function') node.addEventListener(name, value);
      else if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    return append(node, children);
  };

  const loaded = new Map();
  const L = {
    Class,
    env: { lang: language },
    toArray: (value) => (Array.isArray(value) ? value : value ? String(value).trim().split(/\s+/) : []),
    resolveDefault: (value, fallback) => Promise.resolve(value).catch(() => fallback),
    bind: (fn, self, ...values) => fn.bind(self, ...values),

    async compile(name) {
      const answer = await fetch('/luci-static/resources/' + name.replace(/\./g, '/') + '.js');
      if (!answer.ok) throw new Error('there is no module ' + name);
      const source = await answer.text();
      const names = [];
      const values = [];
      // Directives stand before everything but comments.
      const head = source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
      for (const line of head.split('\n')) {
        if (!line.trim()) continue;
        const found = /^\s*'(?:require ([\w.]+)(?: as (\w+))?|use strict)';\s*$/.exec(line);
        if (!found) break;
        if (!found[1]) continue;
        names.push(found[2] || found[1].replace(/\W/g, '_'));
        values.push(await L.require(found[1]));
      }
      const factory = new Function('window', 'document', 'L', 'E', '_', ...names, source + '\n//# sourceURL=' + name + '.js');
      const found = factory(window, document, L, E, window._, ...values);
      if (typeof found !== 'function' || !(found.prototype instanceof Class)) {
        throw new TypeError(name + ' gives no class');
      }
      return found;
    },

    require(name) {
      if (!loaded.has(name)) loaded.set(name, L.compile(name).then((found) => new found()));
      return loaded.get(name);
    },
  };
  Object.assign(window, {
    L, E, _: (text) => translations[text] || text,
    luciAppend: append,
  });

  const showMenu = async () => {
    const entries = await (await fetch('/menu')).json();
    for (const [title, path] of entries) {
      append(document.getElementById('menu'), E('a', { href: '/?view=' + path + '&lang=' + language }, window._(title)));
    }
  };

  const showOverview = async (path) => {
    const include = new (await L.compile('view.status.include.' + path))();
    const main = document.getElementById('maincontent');
    append(main, [E('h3', include.title), include.render(await include.load()) || '']);
  };

  const run = async () => {
    translations = await (await fetch('/translations?lang=' + language)).json();
    await showMenu();
    const view = parameters.get('view');
    if (parameters.get('overview')) await showOverview(parameters.get('overview'));
    else if (parameters.get('protocol')) await window.L.require('protocol_page');
    else if (view) await L.require('view.' + view.replace(/\//g, '.'));
    document.body.dataset.ready = 'yes';
  };
  run();
})();
