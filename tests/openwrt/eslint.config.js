// For LuCI's modules: the body of a function, to which 'require' directives give more arguments.
import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = createRequire(join(process.env.WIREBRAID_NODE_MODULES, 'package.json'));
const { configs } = packages('@eslint/js');

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const BROWSER = ['window', 'document', 'location', 'fetch', 'setInterval', 'console', 'URL', 'URLSearchParams', 'Node'];
const LUCI = ['L', 'E', '_'];
const NODE = ['process', 'console', 'URL', 'setTimeout'];
const RULES = {
  ...configs.recommended.rules,
  eqeqeq: 'error', 'no-var': 'error', 'prefer-const': ['error', { destructuring: 'all' }],
};

const named = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));
const filesBelow = (directory) => readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) =>
  (entry.isDirectory() ? filesBelow(join(directory, entry.name)) : [join(directory, entry.name)]));
const modules = (directory) => filesBelow(directory).filter((file) => file.endsWith('.js'));

const moduleConfig = (file) => {
  const required = [...readFileSync(join(root, file), 'utf8').matchAll(/^'require ([\w.]+)(?: as (\w+))?';$/gm)];
  return {
    files: [relative(root, join(root, file))],
    languageOptions: {
      sourceType: 'script',
      ecmaVersion: 2022,
      parserOptions: { ecmaFeatures: { globalReturn: true } },
      globals: named([...BROWSER, ...LUCI, 'luciAppend', ...required.map(([, name, as]) => as || name.replace(/\W/g, '_'))]),
    },
    rules: { ...RULES, strict: ['error', 'global'] },
  };
};

export default [
  ...modules('openwrt-package/luci-app-wirebraid/htdocs').map(moduleConfig),
  ...modules('tests/openwrt/luci_stand_in/resources').map(moduleConfig),
  {
    files: ['tests/openwrt/luci_stand_in/luci.js'],
    languageOptions: { sourceType: 'script', ecmaVersion: 2022, globals: named(BROWSER) },
    rules: RULES,
  },
  {
    files: ['tests/openwrt/*.js', 'tests/openwrt/luci_stand_in/server.js'],
    languageOptions: { sourceType: 'module', ecmaVersion: 2022, // Browser's for what runs in the page.
      globals: named([...NODE, 'window', 'document']) },
    rules: RULES,
  },
];
