/**
 * Prepares this machine and checkout, then does one job. Plain Node without packages: it runs before `npm ci`.
 *
 *     node setup.mjs          prepare for tests and experiments
 *     node setup.mjs demo     prepare what the demonstration needs, then run it
 *     node setup.mjs test     prepare, then run every test that this machine can run
 *     node setup.mjs bench    prepare, and the programs to compare with too, then run the benchmark that follows
 *     node setup.mjs fuzz     build, then fuzz what follows
 *
 * What is there already is left alone, so that the second time is quick. Without root nothing is installed and
 * what needs root is left out; one line says so.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { disableServices, enabledServices, holdServices } from './quiet-services.mjs';

/** Debian and Ubuntu packages that building and the demonstration need, and what each is for. */
const PACKAGES = {
  'build-essential': 'builds the native programs',
  'openvswitch-switch': 'the switch',
  'openvswitch-pki': 'certificates for ssl: endpoints',
  mininet: 'emulated networks',
  'python3-setuptools': 'distutils, which Mininet imports and newer Pythons lack',
  iproute2: 'network namespaces and links',
  'iputils-ping': 'ping',
  ethtool: 'offload settings of virtual links',
  nftables: 'address translation of emulated homes',
  tcpdump: 'captures',
  'libpcap-dev': 'builds what reads captures in tests',
  'ngtcp2-server': 'a QUIC server that knows nothing of hops',
  clang: 'builds the BPF program of tenants',
  bpftool: 'its types and its keys',
  'libbpf-dev': 'its headers',
  'nginx-light': 'the web server of tenants',
  'nginx-dev': 'builds its module',
  'libssl-dev': 'its headers',
  curl: 'a web client',
  openssl: 'certificates of ordinary sites',
};
/** What tests, experiments and benchmarks need besides. */
const TEST_PACKAGES = {
  'isc-dhcp-client': 'a DHCP client of hosts',
  udhcpc: 'another one',
  'ngtcp2-client': 'a QUIC client that is not ours',
  'libnginx-mod-http-subs-filter': 'rewrites URLs in pages of tenants',
  chromium: 'a browser',
  'firefox-esr': 'another one',
  tor: 'a network to compare with, in experiments',
  'python3-sklearn': 'classifies traces, in experiments',
  strace: 'sees that what is acknowledged is on the disk',
  'libnss3-tools': 'imports PKCS#12 files as browsers do',
  bind9: 'a DNS server that takes updates',
  'bind9-dnsutils': 'dig',
  'knot-dnsutils': 'kdig',
};
/** What only the benchmark needs. */
const BENCH_PACKAGES = {
  'kea-dhcp4-server': 'a DHCP server to compare with',
  'kea-admin': 'perfdhcp',
  'openvswitch-testcontroller': 'a controller to compare with',
  'python3-os-ken': 'a controller to compare with',
};
/** The other supported Node release, on which the unit tests run too. */
const OTHER_NODE = '24.21.0';
// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
const INSTALLED_FORMAT = '${Package} ${db:Status-Status}\n';
const OVS_CTL = '/usr/share/openvswitch/scripts/ovs-ctl';
const JOBS = ['demo', 'test', 'bench', 'fuzz'];

const root = dirname(fileURLToPath(import.meta.url));
process.chdir(root);
const isRoot = process.getuid?.() === 0;

const { engines } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const oldest = engines.node.match(/\d+/g).map(Number);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(
    `setup: Node ${process.versions.node} is too old: cloakflow needs ${oldest.join('.')} or later`,
  );
  process.exit(1);
}

const [job, ...rest] = process.argv.slice(2);
if (job !== undefined && !JOBS.includes(job)) {
  console.error(`setup: unknown job '${job}': one of ${JOBS.join(', ')}, or none`);
  process.exit(2);
}

/** What each job needs; fuzzing needs nothing but the build. */
const NEEDS = {
  demo: PACKAGES,
  test: { ...PACKAGES, ...TEST_PACKAGES },
  bench: { ...PACKAGES, ...TEST_PACKAGES, ...BENCH_PACKAGES },
};
const packagesReady = job !== 'fuzz' && installPackages(NEEDS[job ?? 'test']);
installNodeModules();
step('native programs', process.execPath, [join('native', 'build.mjs')]);
step('build', 'npm', ['run', '--silent', 'build']);
const ovsReady = packagesReady && isRoot && startOpenVswitch();
if (job === 'demo') runDemo(ovsReady);
if (job === 'test') runTests(ovsReady);
if (job === 'bench') runBench(ovsReady);
if (job === 'fuzz') become(['dist/test/fuzz/main.js', ...rest]);

/** True when every Debian package is there, after installing what is missing where that is allowed. */
function installPackages(packages) {
  const query = spawnSync('dpkg-query', ['-W', '-f', INSTALLED_FORMAT, ...Object.keys(packages)], {
    encoding: 'utf8',
  });
  if (query.error) {
    say('this is not Debian or Ubuntu: install Open vSwitch and Mininet by your own means');
    return existsSync(OVS_CTL);
  }
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter(line => line.endsWith(' installed'))
      .map(line => line.split(' ')[0]),
  );
  const missing = Object.keys(packages).filter(name => !installed.has(name));
  if (missing.length === 0) return true;
  if (!isRoot) {
    say(`not root: what needs Open vSwitch or Mininet is left out (missing: ${missing.join(' ')})`);
    return false;
  }
  say(`installing ${missing.map(name => `${name} (${packages[name]})`).join(', ')}`);
  const apt = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  step('apt-get update', 'apt-get', ['update', '-qq'], apt);
  withQuietServices(() =>
    step('apt-get install', 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], apt),
  );
  return true;
}

/** Tests start nginx, BIND and others themselves: they become no services of this machine. */
function withQuietServices(install) {
  const before = new Set(enabledServices());
  const release = holdServices();
  // An interrupted installation fails, and ends this process by `exit`.
  const wait = () => {};
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, wait);
  process.once('exit', release);
  install();
  process.off('exit', release);
  release();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, wait);
  disableServices(enabledServices().filter(name => !before.has(name)));
}

/** `npm ci`, when the lock file is not the one that the installed packages came from. */
function installNodeModules() {
  const stamp = join('node_modules', '.cloakflow-lock');
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const native = existsSync(join('native', 'build')) || !existsSync(join('native', 'Makefile'));
  if (native && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const env = { ...process.env };
  // Native packages build against the headers beside this Node; npm would otherwise download them.
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include', 'node', 'node.h'))) env.npm_config_nodedir ??= prefix;
  step('npm ci', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { env });
  writeFileSync(stamp, wanted);
}

/** True when ovs-vswitchd of this machine answers, after starting it where it did not run. */
function startOpenVswitch() {
  const answers = () => spawnSync('ovs-vsctl', ['--timeout=5', 'show'], { stdio: 'ignore' }).status === 0;
  const forwards = () =>
    spawnSync('ovs-appctl', ['--timeout=5', 'version'], { stdio: 'ignore' }).status === 0;
  if (answers() && forwards()) return true;
  // Without the kernel module ovs-ctl complains, and the userspace datapath works all the same.
  const start = spawnSync(OVS_CTL, ['start', '--system-id=random'], { encoding: 'utf8' });
  if (answers() && forwards()) return true;
  say(`Open vSwitch does not start: what needs it is left out\n${start.stdout ?? ''}${start.stderr ?? ''}`);
  return false;
}

function runDemo(ready) {
  if (!ready) fail('the demonstration needs root, Open vSwitch and Mininet');
  become(['dist/mininet/demo/main.js', ...rest]);
}

function runTests(ready) {
  const groups = ['lint', 'unit', 'property'];
  const other = otherNode();
  const options = other ? [`--other-node=${other}`] : [];
  if (ready) groups.push('live', 'emulation');
  else say('without root or Open vSwitch the live and emulation tests are left out');
  become(['dist/test/run.js', '--coverage', ...options, ...groups]);
}

function runBench(ready) {
  if (!ready) fail('the benchmark needs root, Open vSwitch and the controllers to compare with');
  become(['dist/test/bench/main.js', ...rest]);
}

/** Path of the other supported Node release from the npm registry; undefined where there is none for this machine. */
function otherNode() {
  const folder = join('.cache', `node-${OTHER_NODE}`);
  const name = `node-linux-${process.arch}`;
  const binary = join(root, folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const install = [
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--prefix',
      folder,
      `${name}@${OTHER_NODE}`,
    ];
    if (spawnSync('npm', install, { stdio: 'inherit' }).status !== 0 || !existsSync(binary)) {
      say(`Node ${OTHER_NODE} is not to be had here: unit tests run on Node ${process.versions.node} only`);
      return undefined;
    }
  }
  return binary;
}

/** Runs one step in the foreground; the first that fails ends everything. */
function step(name, command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (result.error || result.status !== 0)
    fail(`${name} failed${result.error ? `: ${result.error.message}` : ''}`);
}

/** Runs a program of this checkout as the rest of this process: its signals, its exit code. */
function become(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; this process waits until it has cleaned up.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', error => fail(error.message));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function say(text) {
  console.error(`setup: ${text}`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
