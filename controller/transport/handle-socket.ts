import { type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net';

/** Takes `length` bytes that lie at the start of `buffer` until it returns. */
export type ReceiveCallback = (length: number, buffer: Uint8Array) => void;

/** The parts of `net.Socket` that Node does not document. */
interface SocketInternals {
  _handle: object | null;
  _server?: Server | null;
  server?: Server | null;
}

/**
 * Options of a socket that reads into `buffer`, which all sockets may share: `received` runs before the next
 * read.
 */
export function readInto(
  buffer: Uint8Array,
  received: ReceiveCallback,
): { allowHalfOpen: boolean; onread: OnReadOpts } {
  return {
    allowHalfOpen: true,
    onread: {
      buffer,
      callback(length, bytes) {
        received(length, bytes);
        return true;
      },
    },
  };
}

/**
 * Makes a socket that a server accepted with `pauseOnConnect` read into a shared buffer. Node offers the
 * `onread` option to outgoing sockets only, so the accepted socket's handle moves to a new socket; where this
 * Node keeps its handles elsewhere, the accepted socket is used with 'data' events instead.
 */
export function adoptAccepted(accepted: Socket, buffer: Uint8Array, received: ReceiveCallback): Socket {
  const inner = accepted as unknown as SocketInternals;
  const handle = inner._handle;
  const server = inner._server;
  if (handle === null || typeof handle !== 'object' || server === undefined) {
    return readByEvents(accepted, received);
  }
  const socket = new Socket({ handle, ...readInto(buffer, received) } as SocketConstructorOpts);
  const adopted = socket as unknown as SocketInternals;
  if (adopted._handle !== handle) return readByEvents(accepted, received);
  // The server counts its connections and forgets one when the socket that points to it is destroyed.
  adopted._server = server;
  adopted.server = server;
  inner._handle = null;
  inner._server = null;
  accepted.destroy();
  return socket;
}

/** Makes a socket hand on what it reads by its 'data' events. */
export function readByEvents<Readable extends Socket>(socket: Readable, received: ReceiveCallback): Readable {
  socket.on('data', (chunk: Buffer) => {
    received(chunk.length, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
  });
  return socket;
}
