import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExitTunnel } from './exit-tunnel.js';

/** Makes one request by HTTP/1.1 through a tunnel, and hands the answer on. Rejects with Error, also of ClientError. */
export async function overTunnel(
  tunnel: ExitTunnel,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [near, far] = endpoints();
  for (const end of [near, far]) end.on('error', () => undefined);
  try {
    const carried = tunnel.carry(far, `${target.hostname}:${target.port || 80}`);
    await Promise.race([
      exchange(near, target, request, response),
      carried.then(() => new Promise(() => undefined)),
    ]);
  } finally {
    near.destroy();
    far.destroy();
  }
}

async function exchange(
  socket: Duplex,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { 'proxy-connection': _, 'proxy-authorization': __, ...headers } = request.headers;
  const onward = httpRequest({
    createConnection: () => socket,
    method: request.method ?? 'GET',
    path: `${target.pathname}${target.search}`,
    headers: { ...headers, host: target.host, connection: 'close' },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve).once('error', reject);
  });
  answered.catch(() => undefined);
  await pipeline(request, onward);
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  await pipeline(answer, response);
}

/** Two ends of one connection within this process. */
function endpoints(): [Duplex, Duplex] {
  const [there, back] = [new PassThrough(), new PassThrough()];
  return [Duplex.from({ writable: there, readable: back }), Duplex.from({ writable: back, readable: there })];
}
