import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Callback } from './write-arguments.js';

/** The methods of a response as they are now, to be called once they have been replaced. */
export interface NativeResponse {
  writeHead(status: number, ...rest: unknown[]): ServerResponse;
  write(chunk: unknown, encoding?: unknown, done?: unknown): boolean;
  end(chunk?: unknown, encoding?: unknown, done?: unknown): ServerResponse;
  flushHeaders(): void;
  writeEarlyHints(hints: Record<string, string | string[]>, done?: () => void): void;
}

export function nativeOf(request: IncomingMessage, response: ServerResponse): NativeResponse {
  const write = response.write.bind(response) as NativeResponse['write'];
  const end = response.end.bind(response) as NativeResponse['end'];
  return {
    writeHead: response.writeHead.bind(response) as NativeResponse['writeHead'],
    write,
    // HTTP/2's would call the `write` that has replaced its own.
    end: request.httpVersionMajor > 1 ? endAfter(write, end) : end,
    flushHeaders: response.flushHeaders?.bind(response),
    writeEarlyHints: response.writeEarlyHints?.bind(response) as NativeResponse['writeEarlyHints'],
  };
}

function endAfter(write: NativeResponse['write'], end: NativeResponse['end']): NativeResponse['end'] {
  return (...given) => {
    const done = given.find(argument => typeof argument === 'function') as Callback | undefined;
    const [chunk, encoding] = given;
    const hasBody = typeof chunk === 'string' || chunk instanceof Uint8Array;
    if (hasBody && chunk.length > 0) write(chunk, typeof encoding === 'string' ? encoding : undefined);
    return end(done);
  };
}
