// A browser whose every complaint counts: console errors, exceptions, requests to anywhere else, and
// what axe-core finds.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// The packages are below build/, where `npm ci` has put them.
const require = createRequire(join(process.env.WIREBRAID_NODE_MODULES, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({
  executablePath: process.env.WIREBRAID_CHROMIUM || '/usr/bin/chromium',
  // As root in a container it has no sandbox of its own; it sees nothing but our page.
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});

export class Watched {
  constructor(browser, base) {
    this.browser = browser;
    this.base = base;
    this.complaints = [];
  }

  /** options: as a browser's context takes them: viewport, locale, colorScheme. */
  async open(options) {
    this.context = await this.browser.newContext(options);
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(10000);
    this.page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    this.page.on('pageerror', (error) => this.complaints.push(error.message));
    this.page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.base) && !url.startsWith('data:')) this.complaints.push('asks ' + url);
    });
    return this.page;
  }

  /** What has been complained of, but for what `expected` takes; starts anew. */
  takeComplaints(expected = /^$/) {
    const all = this.complaints.filter((text) => !expected.test(text));
    this.complaints = [];
    return all;
  }

  /** Serious and critical faults. The page's own CSP keeps a script of ours out, so it goes in by
   *  the debugger. */
  async faults() {
    const session = await this.context.newCDPSession(this.page);
    await session.send('Runtime.evaluate', { expression: axe });
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression: 'axe.run(document).then((found) => JSON.stringify(found))',
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    return JSON.parse(result.value).violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id}: ${target.join(' ')}: ${failureSummary.replaceAll('\n', ' ')}`));
  }

  async close() {
    await this.context.close();
  }
}
