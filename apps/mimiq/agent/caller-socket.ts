import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AgentError } from './agent-error.js';
import type { SystemUser } from './system-user.js';

export interface CallerSocketOptions {
  readonly path: string;
  /** Whose socket it is; undefined leaves this process's user. */
  readonly owner: SystemUser | undefined;
  /** Number of the group whose members may connect; undefined lets everybody. */
  readonly group: number | undefined;
  /** The socket is gone, without `close`. */
  readonly lost: () => void;
  /** The native program that tells who connects. */
  readonly relay?: string;
}

/** Takes a connection, and the number of the user who made it; undefined where nobody can tell. */
export type Accept = (socket: Socket, user: number | undefined) => void;

/** A unix socket that knows who connects. */
export interface CallerSocket {
  readonly knowsCallers: boolean;
  /** Connections made before wait until this is called. Rejects with AgentError. */
  serve(accept: Accept): Promise<void>;
  close(): void;
}

const RELAY = fileURLToPath(new URL('../../../../native/build/caller-relay', import.meta.url));

/**
 * Listens at `path`, in place of the socket of an agent that is gone. Where the native program was not built, callers have no
 * names. To be called with the rights of root where `owner` is named. Rejects with AgentError.
 */
export async function callerSocket(options: CallerSocketOptions): Promise<CallerSocket> {
  return existsSync(options.relay ?? RELAY) ? relayed(options) : nameless(options);
}

/** SO_PEERCRED is not to be had in Node: a child of ours accepts, looks, and hands on. */
async function relayed(options: CallerSocketOptions): Promise<CallerSocket> {
  const { path, owner, group, lost, relay = RELAY } = options;
  const argv = [path, modeFor(group), group ?? -1, owner?.uid ?? -1, owner?.gid ?? -1].map(String);
  const child = spawn(relay, argv, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const early: [Socket, number][] = [];
  let accept: Accept = (socket, user) => early.push([socket, user!]);
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', text => {
    complaint = `${complaint}${text}`.slice(0, 200);
  });
  await new Promise<void>((resolve, reject) => {
    const fail = () => {
      const reason = complaint.trim() || 'no reason told';
      reject(new AgentError('socket-refused', `the socket cannot be made: ${reason}`));
    };
    child.once('error', fail).once('close', fail);
    // The first message says that it listens. Connections may come right behind it.
    child.on('message', (message: { user: number }, socket) => {
      if (socket === undefined) resolve();
      else accept(socket as Socket, message.user);
    });
  });
  child
    .removeAllListeners('close')
    .removeAllListeners('error')
    .on('error', () => undefined);
  child.on('close', lost);
  return {
    knowsCallers: true,
    async serve(to) {
      accept = to;
      for (const [socket, user] of early.splice(0)) if (!socket.destroyed) to(socket, user);
    },
    close() {
      child.removeAllListeners('close');
      child.kill();
      rmSync(path, { force: true });
    },
  };
}

async function nameless({ path, group, lost }: CallerSocketOptions): Promise<CallerSocket> {
  let accept: Accept | undefined;
  const server = createServer(socket => accept?.(socket, undefined));
  return {
    knowsCallers: false,
    async serve(to) {
      accept = to;
      rmSync(path, { force: true });
      await new Promise<void>((resolve, reject) => {
        const fail = (cause: Error) =>
          reject(new AgentError('socket-refused', 'the socket cannot be made', { cause }));
        server.once('error', fail).listen(path, resolve);
      });
      server.removeAllListeners('error').on('error', lost);
      if (group !== undefined) chownSync(path, -1, group);
      chmodSync(path, Number.parseInt(modeFor(group), 8));
    },
    close: () => server.close(),
  };
}

function modeFor(group: number | undefined): string {
  return group === undefined ? '666' : '660';
}
