// The translations' template has exactly the strings of the views and menus, and the German file a
// translation of each. `strings_test.js --write` writes the template and brings the German file in
// line with it; what is new there is empty, and the test says so.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPo, writePo } from './po.js';
import { filesBelow } from './luci_stand_in/server.js';

const SKIPPED = 77;
if (!existsSync(join(process.env.WIREBRAID_NODE_MODULES || '', 'node_modules', 'eslint'))) {
  console.log('skipped: no packages in WIREBRAID_NODE_MODULES; ./dev test puts them there');
  process.exit(SKIPPED);
}
const packages = createRequire(join(process.env.WIREBRAID_NODE_MODULES, 'package.json'));
const espree = createRequire(packages.resolve('eslint'))('espree');

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'openwrt-package', 'luci-app-wirebraid');
const template = join(root, 'po/templates/wirebraid.pot');
const german = join(root, 'po/de/wirebraid.po');
const problems = [];

/** Calls `seen` with the argument of every _(...). */
const walk = (node, seen) => {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    node.forEach((each) => walk(each, seen));
    return;
  }
  if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === '_') seen(node.arguments);
  for (const [name, value] of Object.entries(node)) if (name !== 'loc') walk(value, seen);
};

const strings = new Map();
const add = (text, file) => strings.set(text, [...new Set([...(strings.get(text) || []), file])]);
for (const file of filesBelow(join(root, 'htdocs')).sort()) {
  const path = join('htdocs', file);
  const tree = espree.parse(readFileSync(join(root, path), 'utf8'),
    { ecmaVersion: 2022, sourceType: 'script', ecmaFeatures: { globalReturn: true } });
  walk(tree, (values) => {
    if (values.length === 1 && values[0].type === 'Literal') add(values[0].value, path);
    else problems.push(path + ': _() of what is no plain text');
  });
}
for (const path of ['root/usr/share/luci/menu.d/luci-app-wirebraid.json', 'root/usr/share/rpcd/acl.d/luci-app-wirebraid.json']) {
  for (const entry of Object.values(JSON.parse(readFileSync(join(root, path), 'utf8')))) {
    add(entry.title || entry.description, path);
  }
}

const HEADER = ['Content-Type: text/plain; charset=UTF-8'];
const templateText = writePo(HEADER, [...strings].map(([text, files]) => [text, '', files]));
const translations = existsSync(german) ? readPo(german) : new Map();
const germanText = writePo(['Language: de', ...HEADER],
  [...strings].map(([text, files]) => [text, translations.get(text) || '', files]));
if (process.argv[2] === '--write') {
  writeFileSync(template, templateText);
  writeFileSync(german, germanText);
}

if (readFileSync(template, 'utf8') !== templateText) problems.push('the template is not what the views have; --write');
if (readFileSync(german, 'utf8') !== germanText) problems.push('the German file has other strings than the views; --write');
for (const text of strings.keys()) {
  const translated = translations.get(text) || '';
  if (translated === '') problems.push('no German for: ' + text);
  const places = (each) => (each.match(/%[sd]/g) || []).join();
  if (places(text) !== places(translated)) problems.push('other %s in German: ' + text);
}
console.log(problems.join('\n') || strings.size + ' strings, all good');
process.exit(problems.length === 0 ? 0 : 1);
