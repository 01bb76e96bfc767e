import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { bodyKind, rewriterFor } from './body-kind.js';
import { type Coding, codingOf } from './content-coding.js';
import { nativeOf } from './native-response.js';
import type { Page } from './page.js';
import { adaptHeaders, forgetBody, taggedLinks } from './response-headers.js';
import { bytesToText, textToBytes } from './rewrite/byte-text.js';
import { argumentsOf, type Callback, later } from './write-arguments.js';

/** Where the application's bytes go; as `write` and `end` of a stream. */
interface Body {
  write(bytes: Buffer, done: Callback | undefined): boolean;
  end(done: Callback | undefined): void;
}

/** Text in chunks. */
interface Rewriter {
  push(text: string): string;
  end(): string;
}

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined;

/**
 * From now on what is sent through `response` is adapted to the pseudonym: headers when they are sent, HTML and CSS chunk by
 * chunk as they come, everything else untouched.
 */
export function rewriteResponse(request: IncomingMessage, response: ServerResponse, page: Page): void {
  const native = nativeOf(request, response);
  let begun = false;
  let body: Body | undefined;

  const begin = () => {
    if (begun) return;
    begun = true;
    adaptHeaders(response, page);
    const kind = bodyKind(response);
    if (kind === undefined) return;
    if (response.statusCode === 206) {
      refusePart(response);
      body = { write: (_bytes, done) => later(done), end: done => native.end(done) };
      return;
    }
    const coding = codingOf(String(response.getHeader('content-encoding') ?? 'identity'));
    if (coding === undefined) return;
    forgetBody(response);
    if (response.statusCode === 304) return;
    const rewriter = rewriterFor(kind, request, page);
    body = coding === 'identity' ? plainBody(rewriter) : codedBody(rewriter, coding);
  };

  const plainBody = (rewriter: Rewriter): Body => ({
    write(bytes, done) {
      const out = rewriter.push(bytesToText(bytes));
      return out === '' ? later(done) : native.write(textToBytes(out), done);
    },
    end(done) {
      native.end(textToBytes(rewriter.end()), done);
    },
  });

  const codedBody = (rewriter: Rewriter, coding: Coding): Body => {
    response.setHeader('Content-Encoding', coding.name);
    const [decoder, encoder] = [coding.decode(), coding.encode()];
    const feed = (out: string) => {
      if (out !== '' && !encoder.write(textToBytes(out))) decoder.pause();
    };
    decoder.on('data', (bytes: Buffer) => feed(rewriter.push(bytesToText(bytes))));
    decoder.on('end', () => encoder.end(textToBytes(rewriter.end())));
    decoder.on('drain', () => response.emit('drain'));
    encoder.on('drain', () => decoder.resume());
    encoder.on('data', (bytes: Buffer) => {
      if (!native.write(bytes)) encoder.pause();
    });
    encoder.on('end', () => native.end());
    response.on('drain', () => encoder.resume());
    for (const stream of [decoder, encoder]) stream.on('error', error => response.destroy(error));
    response.on('close', () => {
      decoder.destroy();
      encoder.destroy();
    });
    return {
      write: (bytes, done) => decoder.write(bytes, done),
      end(done) {
        if (done) response.once('finish', done);
        decoder.end();
      },
    };
  };

  Object.assign(response, {
    writeHead(status: number, ...rest: unknown[]) {
      if (begun) return native.writeHead(status, ...rest);
      const [message, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0] ?? rest[1]];
      response.statusCode = status;
      if (typeof message === 'string') response.statusMessage = message;
      setHeaders(response, headers as Headers);
      begin();
      return native.writeHead(response.statusCode);
    },
    write(chunk: unknown, encoding?: unknown, done?: unknown) {
      begin();
      if (!body) return native.write(chunk, encoding, done);
      const [bytes, callback] = argumentsOf(chunk, encoding, done);
      return body.write(bytes, callback);
    },
    end(chunk?: unknown, encoding?: unknown, done?: unknown) {
      begin();
      if (!body) return native.end(chunk, encoding, done);
      const [bytes, callback] = argumentsOf(chunk, encoding, done);
      if (bytes.length > 0) body.write(bytes, undefined);
      body.end(callback);
      return response;
    },
    flushHeaders() {
      begin();
      native.flushHeaders();
    },
    writeEarlyHints(hints: Record<string, string | string[]>, done?: () => void) {
      const links = page.links();
      const tag = (value: string) => taggedLinks(value, url => links.resource(url));
      const { link } = hints;
      native.writeEarlyHints({ ...hints, ...(link && { link: [link].flat().map(tag) }) }, done);
    },
  });
}

/** A part of what is rewritten cannot be rewritten: the whole has to be asked for (RFC 9110 15.5.17). */
function refusePart(response: ServerResponse): void {
  const length = /\/(\d+)$/.exec(String(response.getHeader('content-range') ?? ''))?.[1];
  for (const name of ['content-type', 'content-encoding', 'etag']) response.removeHeader(name);
  forgetBody(response);
  response.statusCode = 416;
  response.statusMessage = 'Range Not Satisfiable';
  response.setHeader('Content-Range', `bytes */${length ?? '*'}`);
}

function setHeaders(response: ServerResponse, headers: Headers): void {
  if (!headers) return;
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) response.setHeader(name, value);
    return;
  }
  const flat = headers.flat();
  const seen = new Set<string>();
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [name, value] = [String(flat[at]), String(flat[at + 1])];
    if (seen.has(name.toLowerCase())) response.appendHeader(name, value);
    else response.setHeader(name, value);
    seen.add(name.toLowerCase());
  }
}
