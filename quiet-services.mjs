/**
 * Keeps programs that tests start themselves from running as services of the machine when their Debian packages are
 * installed. Plain Node: setup.mjs uses it before `npm ci`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Services of the packages that setup.mjs installs; Open vSwitch is not among them, it is what the machine gets it for. */
export const SERVICES = [
  'nginx',
  'named',
  'bind9',
  'kea-dhcp4-server',
  'ngtcp2d',
  'openvswitch-testcontroller',
];

/** What invoke-rc.d and deb-systemd-invoke ask before they start a service (invoke-rc.d(8)). */
const POLICY = '/usr/sbin/policy-rc.d';
const MARK = '# Put here by cloakflow while it installs packages, and taken away after.';
const FORBIDDEN = 101;

/**
 * A policy that forbids to start these services, also where invoke-rc.d puts the action in parentheses because it knows no
 * runlevel, as in containers; about everything else the policy `kept` decides, where there is one.
 */
export function policyScript(kept) {
  const cases = SERVICES.flatMap(name => [name, `${name}.service`]).join('|');
  return `#!/bin/sh
${MARK}
case "$1" in --*) service=$2 action=$3 ;; *) service=$1 action=$2 ;; esac
case "$action:$service" in
  start:* | "(start):"*) case "$service" in ${cases}) exit ${FORBIDDEN} ;; esac ;;
esac
[ ! -x '${kept}' ] || exec '${kept}' "$@"
exit 0
`;
}

/**
 * Forbids to start the services until the function that it returns is called, and puts right what a run that was killed has
 * left.
 */
export function holdServices(policy = POLICY) {
  const kept = `${policy}.cloakflow-kept`;
  const restore = () => {
    if (isOurs(policy)) rmSync(policy);
    if (isThere(kept) && !isThere(policy)) renameSync(kept, policy);
  };
  restore();
  if (isThere(policy)) renameSync(policy, kept);
  try {
    writeFileSync(policy, policyScript(kept), { flag: 'wx' });
    chmodSync(policy, 0o755);
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}

/** Those of the services that start with the machine. */
export function enabledServices() {
  const words = ['--root=/', 'list-unit-files', '--state=enabled', '--no-legend', '--plain'];
  const { stdout } = spawnSync('systemctl', words, { encoding: 'utf8' });
  const enabled = new Set((stdout ?? '').split('\n').map(line => line.split(/\s/)[0]));
  return SERVICES.filter(name => enabled.has(`${name}.service`));
}

/** Lets the services not start with the machine. */
export function disableServices(names) {
  if (names.length === 0) return;
  spawnSync('systemctl', ['--root=/', '--quiet', 'disable', ...names.map(name => `${name}.service`)]);
}

function isOurs(path) {
  return existsSync(path) && readFileSync(path, 'utf8').includes(MARK);
}

/** Also a link that leads nowhere. */
function isThere(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
