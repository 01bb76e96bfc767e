import { chownSync, mkdirSync, statSync } from 'node:fs';
import { AgentError } from './agent-error.js';
import type { SystemUser } from './system-user.js';

/**
 * Makes the folder of socket and state, for `user` where one is named. A folder that is there already must be his: what others
 * keep in it would become his too. Throws AgentError `bad-option`, `no-rights`.
 */
export function claimFolder(folder: string, user: SystemUser | undefined): void {
  const isNew = makeFolder(folder);
  if (user === undefined) return;
  if (isNew) chownSync(folder, user.uid, user.gid);
  else if (statSync(folder).uid !== user.uid) {
    throw new AgentError('bad-option', `${folder} does not belong to the user that the agent goes on as`, {
      mend: 'name a socket in a folder that is not there yet, or that is his',
    });
  }
}

/** True when it was not there. */
function makeFolder(folder: string): boolean {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o755 }) !== undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') throw cause;
    throw new AgentError('no-rights', `${folder} cannot be made by this user`, {
      mend: 'start the agent as root; it goes on as --user',
      cause,
    });
  }
}
