import { ClientError } from '../client-error.js';
import { Http3Code, Http3Error } from './http3-error.js';
import type { Field } from './static-table.js';

export interface RequestHead {
  readonly method: string;
  readonly scheme: string;
  /** Host, and the port where it is not the scheme's. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: readonly Field[];
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: readonly Field[];
}

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Field values: no control characters but tab, no white space at either end (RFC 9110 section 5.5). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a value may not hold
const BAD_VALUE = /[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/;
/** Fields that speak of one HTTP/1 connection and are malformed in HTTP/3 (RFC 9114 section 4.2). */
const CONNECTION_FIELDS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Fields of a request, pseudo-fields first. Throws ClientError `request-malformed`. */
export function requestFields(head: RequestHead): Field[] {
  const fields: Field[] = [
    [':method', head.method],
    [':authority', head.authority],
  ];
  // CONNECT names neither scheme nor path (RFC 9114 section 4.4).
  if (head.method !== 'CONNECT') fields.push([':scheme', head.scheme], [':path', head.path]);
  if (!/^[A-Z!#$%&'*+.^_`|~0-9a-z-]+$/.test(head.method)) throw refused('the method');
  for (const [name, value] of head.headers) {
    const lower = name.toLowerCase();
    if (CONNECTION_FIELDS.has(lower) || lower === 'host') continue;
    if (!NAME.test(lower)) throw refused('the name of a header');
    fields.push([lower, value.trim()]);
  }
  if (fields.some(([, value]) => /[\0\r\n]|[^\0-\xff]/.test(value))) throw refused('a header or the address');
  return fields;
}

/** Checks a response's fields as RFC 9114 section 4.3.2 wants. Throws Http3Error of the one stream. */
export function responseHead(fields: readonly Field[]): ResponseHead {
  const headers: Field[] = [];
  let status: number | undefined;
  for (const field of fields) {
    const [name, value] = field;
    if (name === ':status') {
      if (status !== undefined || headers.length > 0 || !/^[1-9]\d\d$/.test(value)) throw malformed();
      status = Number(value);
    } else {
      if (!NAME.test(name) || BAD_VALUE.test(value) || CONNECTION_FIELDS.has(name)) throw malformed();
      headers.push(field);
    }
  }
  if (status === undefined || status === 101) throw malformed();
  return { status, headers };
}

/** Declared length of the body; undefined without one. Throws Http3Error when declarations differ. */
export function contentLength(headers: readonly Field[]): number | undefined {
  const values = new Set(headers.filter(([name]) => name === 'content-length').map(([, value]) => value));
  if (values.size === 0) return undefined;
  const [value] = values;
  if (values.size > 1 || !/^\d{1,15}$/.test(value!)) throw malformed();
  return Number(value);
}

export function malformed(what = 'the header of a response is malformed'): Http3Error {
  return new Http3Error(Http3Code.MESSAGE_ERROR, what, 'stream');
}

function refused(what: string): ClientError {
  return new ClientError('request-malformed', `${what} holds characters that HTTP does not allow`);
}
