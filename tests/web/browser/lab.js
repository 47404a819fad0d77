// A gateway with two uplinks and its server, each in a network namespace of its own, run by the real
// daemons; and wirebraid-web beside them. Needs root.
//
//   gateway up0 ─veth─ up0 server     uplink dsl
//           up1 ─veth─ up1            uplink lte
//           up2 ─veth─ up2            not configured: for whoever adds an uplink
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync, chownSync, copyFileSync, cpSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../../src/web/page', import.meta.url));
const NOBODY = 65534;

export const PASSWORD = 'correct horse battery';

const run = (program, args, options = {}) =>
  execFileSync(program, args, { encoding: 'utf8', ...options });

/** Until `done` gives something true; its last value. Throws after `limit_ms`. */
export const until = async (what, done, limit_ms = 15000) => {
  const end = Date.now() + limit_ms;
  for (;;) {
    const value = await done();
    if (value) return value;
    if (Date.now() > end) throw new Error('not within ' + limit_ms + ' ms: ' + what);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

export class Lab {
  /** `programs`: the directory of wirebraidd, wirebraid and wirebraid-web. */
  constructor(programs) {
    this.programs = programs;
    // Names of interfaces have 15 letters at most.
    this.id = String(process.pid);
    this.gateway = 'wbg' + this.id;
    this.server = 'wbs' + this.id;
    this.directory = mkdtempSync(join(tmpdir(), 'wirebraid-web-'));
    this.processes = [];
  }

  program(name) {
    return join(this.programs, name);
  }

  inside(namespace, ...command) {
    return run('ip', ['netns', 'exec', namespace, ...command]);
  }

  makeKey() {
    const secret = run(this.program('wirebraid'), ['genkey']).trim();
    return { secret, open: run(this.program('wirebraid'), ['pubkey'], { input: secret + '\n' }).trim() };
  }

  join(line) {
    const device = 'up' + line;
    run('ip', ['link', 'add', device, 'netns', this.gateway, 'type', 'veth', 'peer', 'name', device,
      'netns', this.server]);
    for (const [namespace, host] of [[this.gateway, 1], [this.server, 2]]) {
      this.inside(namespace, 'ip', 'addr', 'add', `192.0.${line}.${host}/24`, 'dev', device);
      this.inside(namespace, 'ip', 'link', 'set', device, 'up');
    }
  }

  write(name, text) {
    const file = join(this.directory, name);
    writeFileSync(file, text);
    chmodSync(file, 0o600);
    return file;
  }

  /** For everybody. */
  writeOpen(name, text) {
    const file = this.write(name, text);
    chmodSync(file, 0o644);
    return file;
  }

  spawn(name, program, args) {
    const log = createWriteStream(join(this.directory, name + '.log'));
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.pipe(log, { end: false });
      stream.on('data', (bytes) => { said = (said + bytes).slice(-20000); });
    }
    const process = { name, child, said: () => said };
    this.processes.push(process);
    return process;
  }

  async start() {
    for (const namespace of [this.gateway, this.server]) {
      run('ip', ['netns', 'add', namespace]);
      this.inside(namespace, 'ip', 'link', 'set', 'lo', 'up');
    }
    for (const line of [0, 1, 2]) this.join(line);
    this.inside(this.server, 'ip', 'addr', 'add', '10.20.0.1/32', 'dev', 'lo');
    const server = this.makeKey();
    const [dsl, lte] = [this.makeKey(), this.makeKey()];
    this.server_key = server.open;
    const server_file = this.write('server.conf', `[Interface]
Address = 10.9.0.2/24
ListenPort = 51820
PrivateKey = ${server.secret}
[Bond home]
AllowedIPs = 10.9.0.1/32
[Uplink dsl]
PublicKey = ${dsl.open}
[Uplink lte]
PublicKey = ${lte.open}
`);
    this.gateway_file = this.write('gateway.conf', `# The gateway of the test.
[Interface]
Address = 10.9.0.1/24

[Bond home]
AllowedIPs = 10.9.0.2/32, 10.20.0.0/16

[Uplink dsl]
PrivateKey = ${dsl.secret}
PublicKey = ${server.open}
Endpoint = 192.0.0.2:51820
Device = up0

[Uplink lte]
PrivateKey = ${lte.secret}
PublicKey = ${server.open}
Endpoint = 192.0.1.2:51820
Device = up1
RateUp = 20M

[Class voice]
Mode = redundant
Protocol = udp
DSCP = ef
`);
    this.daemon(this.server, server_file);
    await until('the server answers', () => this.status(this.server));
    this.daemon(this.gateway, this.gateway_file);
    await until('both uplinks are up', () => {
      const uplinks = this.uplinks();
      return uplinks.length === 2 && uplinks.every(({ state }) => state === 'up');
    });
  }

  /** The interface of a namespace is called as the namespace. */
  daemon(namespace, file) {
    return this.spawn(namespace, 'ip', ['netns', 'exec', namespace, this.program('wirebraidd'), '-f',
      '--state-dir', this.directory, '--config', file, namespace]);
  }

  status(name) {
    try {
      return JSON.parse(run(this.program('wirebraid'), ['show', name, '--json'],
        { stdio: ['ignore', 'pipe', 'ignore'] }));
    } catch {
      return null;
    }
  }

  uplinks() {
    const status = this.status(this.gateway);
    return status ? status.bonds.flatMap(({ uplinks }) => uplinks) : [];
  }

  reload(name) {
    run(this.program('wirebraid'), ['reload', name]);
  }

  /** Ends the daemon of an interface. */
  end(name) {
    // `ip netns exec` has become the daemon.
    this.processes.find((each) => each.name === name).child.kill('SIGTERM');
  }

  /** Some load over the bond, both ways. */
  traffic(rate = '12M') {
    this.spawn('iperf-server', 'ip', ['netns', 'exec', this.server, 'iperf3', '-s', '-B', '10.20.0.1']);
    // It is tried again until the other side listens.
    return until('traffic', () => {
      const client = this.spawn('iperf', 'ip', ['netns', 'exec', this.gateway, 'iperf3', '-c',
        '10.20.0.1', '-b', rate, '-t', '600', '--bidir']);
      return new Promise((resolve) => {
        client.child.on('exit', () => resolve(false));
        setTimeout(() => resolve(client.child.exitCode === null), 1000);
      });
    });
  }

  /** The far end of an uplink's line. */
  cut(line) {
    this.inside(this.server, 'ip', 'link', 'set', 'up' + line, 'down');
  }

  mend(line) {
    this.inside(this.server, 'ip', 'link', 'set', 'up' + line, 'up');
  }

  /**
   * Returns where it serves. It runs as nobody, with a group that may use the control sockets (root's,
   * where there is none called wirebraid), from a directory that nobody may read.
   */
  async web(...more) {
    const place = join(this.directory, 'web');
    cpSync(PAGE, join(place, 'page'), { recursive: true });
    copyFileSync(this.program('wirebraid-web'), join(place, 'wirebraid-web'));
    chmodSync(this.directory, 0o711);
    for (const file of [place, join(place, 'wirebraid-web'), join(place, 'page')]) chmodSync(file, 0o755);
    const password_file = join(place, 'password');
    run(join(place, 'wirebraid-web'), ['--set-password', '--password-file', password_file],
      { input: PASSWORD + '\n' });
    chownSync(password_file, NOBODY, NOBODY);
    const { gid } = statSync(`/run/wirebraid/${this.gateway}.sock`);
    const web = this.spawn('web', 'setpriv', [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, `--groups=${gid}`,
      '--bounding-set=-all', '--no-new-privs', join(place, 'wirebraid-web'), '--listen', '127.0.0.1:0',
      '--password-file', password_file, '--page', join(place, 'page'), ...more]);
    return until('wirebraid-web serves', () => /serves (https?:\S+)/.exec(web.said())?.[1]);
  }

  logs() {
    return this.processes.filter(({ name }) => !name.startsWith('iperf'))
      .map(({ name, said }) => `[${name}]\n${said().slice(-3000)}`).join('\n');
  }

  async stop() {
    const alive = () => this.processes.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    for (const { child } of alive()) child.kill('SIGTERM');
    await until('all have ended', () => alive().length === 0, 5000).catch(() => {
      for (const { child } of alive()) child.kill('SIGKILL');
    });
    for (const namespace of [this.gateway, this.server]) {
      try {
        run('ip', ['netns', 'del', namespace]);
      } catch {
        // it was never made
      }
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const makeDirectory = (path) => {
  mkdirSync(path, { recursive: true });
  return path;
};
