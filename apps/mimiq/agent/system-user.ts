import { execFileSync } from 'node:child_process';
import { AgentError } from './agent-error.js';

/** A user of this machine, and its first group. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Throws AgentError `bad-option` when there is no such user. */
export function systemUser(name: string): SystemUser {
  return { uid: number(name, '-u'), gid: number(name, '-g') };
}

/** Number of a group of this machine. Throws AgentError `bad-option` when there is no such group. */
export function systemGroup(name: string): number {
  try {
    const line = execFileSync('getent', ['--', 'group', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(line.split(':')[2]);
  } catch (cause) {
    throw new AgentError('bad-option', `there is no group ${name}`, { cause });
  }
}

/** Goes on as `user`, with no rights beyond his and `group`'s. Throws AgentError `no-rights`. */
export function becomeUser({ uid, gid }: SystemUser, group: number | undefined): void {
  try {
    process.setgroups!(group === undefined ? [gid] : [gid, group]);
    process.setgid!(gid);
    process.setuid!(uid);
  } catch (cause) {
    throw new AgentError('no-rights', 'the agent cannot give up its rights', {
      mend: 'start it as root',
      cause,
    });
  }
}

function number(name: string, what: '-u' | '-g'): number {
  try {
    const argv = [what, '--', name];
    return Number(execFileSync('id', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch (cause) {
    throw new AgentError('bad-option', `there is no user ${name}`, { cause });
  }
}
