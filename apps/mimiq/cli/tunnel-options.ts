import { readFileSync } from 'node:fs';
import { ExitError } from '../exit/exit-error.js';

/** `[HOST:]PORT`. Throws ExitError `bad-option`. */
export function parseListen(text: string, otherwise: string): { host: string; port: number } {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text);
  if (match === null || Number(match[2]) > 65_535)
    throw new ExitError('bad-option', `'${text}' is not [HOST:]PORT`);
  return { host: (match[1] ?? otherwise).replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}

/** Throws ExitError `bad-option` for what is no https: URL of a server. */
export function exitUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') throw new ExitError('bad-option', 'an exit is https://HOST[:PORT]');
  return url;
}

/** The first line of a file. Throws ExitError `bad-option` when it cannot be read, or is too short to be a secret. */
export function readToken(path: string): string {
  const token = text(path).split('\n')[0]!.trim();
  if (!/^[\x21-\x7e]{16,}$/.test(token)) {
    throw new ExitError('bad-option', 'a token has at least 16 printable characters, without spaces', {
      mend: 'make one with `openssl rand -hex 32`',
    });
  }
  return token;
}

export function readPem(path: string): Uint8Array {
  return Buffer.from(text(path));
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ExitError('bad-option', `${path} cannot be read`, { cause });
  }
}
