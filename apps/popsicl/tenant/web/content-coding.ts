import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
} from 'node:zlib';

export interface Coding {
  readonly decode: () => Transform;
  readonly encode: () => Transform;
  /** What `encode` makes. */
  readonly name: string;
}

/** What was there comes out at once: what streamed goes on streaming. */
const gzip = () => createGzip({ flush: constants.Z_SYNC_FLUSH });
const deflate = () => createDeflate({ flush: constants.Z_SYNC_FLUSH });
const brotli = () =>
  createBrotliCompress({
    flush: constants.BROTLI_OPERATION_FLUSH,
    params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
  });

const CODINGS: Readonly<Record<string, Coding>> = {
  gzip: { decode: createGunzip, encode: gzip, name: 'gzip' },
  'x-gzip': { decode: createGunzip, encode: gzip, name: 'gzip' },
  deflate: { decode: createInflate, encode: deflate, name: 'deflate' },
  br: { decode: createBrotliDecompress, encode: brotli, name: 'br' },
};

/** Undefined for codings that cannot be looked into. */
export function codingOf(contentEncoding: string): Coding | 'identity' | undefined {
  const name = contentEncoding.trim().toLowerCase();
  if (name === 'identity') return name;
  return Object.hasOwn(CODINGS, name) ? CODINGS[name] : undefined;
}

/** What of an Accept-Encoding the application may hear of; empty: nothing. */
export function acceptable(acceptEncoding: string): string {
  return acceptEncoding
    .split(',')
    .map(item => item.trim())
    .filter(item => /^(?:gzip|x-gzip|deflate|br|identity)\s*(?:;|$)/i.test(item))
    .join(', ');
}
