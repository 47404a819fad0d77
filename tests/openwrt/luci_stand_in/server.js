// Serves the LuCI stand-in on loopback: views as the package installs them, and calls that the real
// rpcd plugin answers, as far as the package's ACL grants them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPo } from '../po.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.json': 'application/json' };

const read = (request) => new Promise((resolve) => {
  let text = '';
  request.on('data', (piece) => { text += piece; });
  request.on('end', () => resolve(text));
});

/** `installed`: where the LuCI package was installed; `po`: its folder of translations. */
export const serve = async ({ installed, po }) => {
  const json = (path) => JSON.parse(readFileSync(join(installed, path), 'utf8'));
  const menu = json('usr/share/luci/menu.d/luci-app-wirebraid.json');
  const acl = json('usr/share/rpcd/acl.d/luci-app-wirebraid.json')['luci-app-wirebraid'];
  const granted = new Set(['read', 'write'].flatMap((kind) =>
    Object.entries(acl[kind].ubus).flatMap(([object, methods]) => methods.map((method) => object + '/' + method))));
  const calls = [];

  const file = (path) => {
    for (const root of [join(HERE, 'resources'), join(installed, 'www/luci-static/resources')]) {
      const found = join(root, normalize(path));
      if (found.startsWith(root) && existsSync(found)) return found;
    }
    return null;
  };

  const answer = async (request) => {
    const url = new URL(request.url, 'http://localhost');
    const path = url.pathname;
    if (path === '/') return ['.html', readFileSync(join(HERE, 'index.html'))];
    if (path === '/luci.js') return ['.js', readFileSync(join(HERE, 'luci.js'))];
    if (path === '/menu') {
      return ['.json', JSON.stringify(Object.values(menu).filter((entry) => entry.action.type === 'view')
        .sort((a, b) => a.order - b.order).map((entry) => [entry.title, entry.action.path]))];
    }
    if (path === '/translations') {
      const language = join(po, url.searchParams.get('lang'), 'wirebraid.po');
      return ['.json', JSON.stringify(existsSync(language) ? Object.fromEntries(readPo(language)) : {})];
    }
    const resource = /^\/luci-static\/resources\/(.+)$/.exec(path);
    if (resource) {
      const found = file(resource[1]);
      return found && [extname(found), readFileSync(found)];
    }
    const call = /^\/ubus\/(\w+)\/(\w+)$/.exec(path);
    if (call) {
      calls.push(call[1] + '/' + call[2]);
      if (!granted.has(call[1] + '/' + call[2])) return null;
      return ['.json', execFileSync('busybox', ['ash', join(installed, 'usr/libexec/rpcd', call[1]), 'call', call[2]],
        { input: await read(request) })];
    }
    const uci = /^\/uci\/(\w+)$/.exec(path);
    if (uci) {
      const put = request.method === 'POST';
      return ['.json', execFileSync('python3', ['-SE', join(HERE, 'uci_json.py'), put ? 'put' : 'get', uci[1]],
        { input: put ? await read(request) : '' })];
    }
    return null;
  };

  const server = createServer((request, response) => {
    answer(request).then((found) => {
      response.writeHead(found ? 200 : 404, { 'content-type': found ? TYPES[found[0]] || 'text/plain' : 'text/plain' });
      response.end(found ? found[1] : 'not here');
    }, (error) => {
      console.error(String(error));
      response.writeHead(500);
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { base: 'http://127.0.0.1:' + server.address().port, calls, menu, close: () => server.close() };
};

/** All files below a directory, as paths from it. */
export const filesBelow = (directory, inside = '') => readdirSync(join(directory, inside), { withFileTypes: true })
  .flatMap((entry) => (entry.isDirectory() ? filesBelow(directory, join(inside, entry.name)) : [join(inside, entry.name)]));
