import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { TenantError } from '../tenant-error.js';

/** Whom the agent runs as. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** Group that may read what the agent writes. */
  readonly readers: number;
}

/** Numbers of a user and a group of the machine. @throws TenantError `bad-configuration` */
export function lookUp(user: string | number | undefined, group: string | number | undefined): RunAs {
  const own = { uid: process.getuid!(), gid: process.getgid!() };
  const { uid, gid } = user === undefined ? own : userOf(user);
  return { uid, gid, readers: group === undefined ? gid : groupOf(group) };
}

/**
 * Gives up root for good: user, groups and with them every capability. Nothing happens where the process is not root or is to
 * stay what it is.
 *
 * @throws TenantError `bad-configuration` when something of root is left
 */
export function dropPrivileges({ uid, gid, readers }: RunAs): void {
  if (process.getuid!() !== 0 || uid === 0) return;
  process.setgroups!([readers]);
  process.setgid!(gid);
  process.setuid!(uid);
  process.umask(0o027);
  if (capabilities() !== 0n) throw bad('capabilities are left after the change of user');
}

/**
 * Who is not root cannot give capabilities up: a program that runs in several threads has those of each, and its children theirs.
 *
 * @throws TenantError `bad-configuration` when such a process has any
 */
export function refuseCapabilities(): void {
  if (process.getuid!() === 0 || capabilities() === 0n) return;
  throw new TenantError('bad-configuration', 'the agent has capabilities that it could not give up', {
    mend: 'Start it as root with `user` in its configuration, which gives up everything; or without capabilities.',
  });
}

/** Effective and permitted capabilities of this process (capabilities(7)), as bits. */
export function capabilities(): bigint {
  const status = readFileSync('/proc/self/status', 'utf8');
  const sets = [...status.matchAll(/^Cap(?:Prm|Eff):\s*([0-9a-f]+)$/gm)];
  return sets.reduce((all, [, hex]) => all | BigInt(`0x${hex}`), 0n);
}

function userOf(user: string | number): { uid: number; gid: number } {
  const [, , uid, gid] = entryOf('passwd', user);
  return { uid: Number(uid), gid: Number(gid) };
}

function groupOf(group: string | number): number {
  return Number(entryOf('group', group)[2]);
}

function entryOf(database: 'passwd' | 'group', key: string | number): string[] {
  try {
    return execFileSync('getent', [database, '--', String(key)], { encoding: 'utf8' })
      .trim()
      .split(':');
  } catch {
    throw bad(`${database === 'passwd' ? 'user' : 'group'}: there is none of that name`);
  }
}

function bad(why: string): TenantError {
  return new TenantError('bad-configuration', `the configuration of the agent is wrong: ${why}`);
}
