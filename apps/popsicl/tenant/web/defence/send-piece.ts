import type { ServerResponse } from 'node:http';
import { padHead } from './padded-head.js';
import { pieceBody } from './piece-body.js';
import type { PieceName } from './piece-name.js';
import type { Part } from './piece-store.js';

/** Answers a request for a piece of what another request asked the application for. */
export function sendPiece(
  response: ServerResponse,
  part: Part | undefined,
  name: PieceName,
  unit: number,
): void {
  const script = name.form !== 'bytes';
  const { redirect } = part ?? {};
  const { type, body } = pieceBody(part, name, unit);
  // A script that is not there says so itself.
  response.statusCode = redirect && !script ? redirect.status : part || script ? 200 : 410;
  if (redirect && !script) response.setHeader('Location', redirect.location);
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  if (!redirect && !script) response.setHeader('Popsicl-Answer', part?.token ?? 'none');
  response.setHeader('Content-Length', body.length);
  padHead(response, unit, body.length);
  response.writeHead(response.statusCode);
  response.end(body);
}

/** Answers a request for so many bytes that mean nothing. */
export function sendDecoy(response: ServerResponse, length: number, unit: number): void {
  const name: PieceName = { object: '', number: 0, count: undefined, form: 'bytes' };
  sendPiece(
    response,
    { token: undefined, content: Buffer.alloc(Math.max(0, length - 1)), type: '' },
    name,
    unit,
  );
}
