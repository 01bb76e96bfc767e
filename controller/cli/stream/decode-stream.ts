import { decode, OpenflowError, toJson } from '../../openflow/index.js';
import { ExitCode } from '../exit-codes.js';
import { type Invocation, write } from '../invocation.js';
import { HexReader } from './hex-reader.js';
import { type Frame, MessageFramer } from './message-framer.js';
import type { StreamOptions } from './stream-options.js';

/** Lines are gathered into writes of about this many characters; a chunk of input always ends one. */
const WRITE_CHARACTERS = 1 << 16;

/** Standard input as raw messages (or hexadecimal text) to standard output, one JSON object a line. */
export async function decodeStream(invocation: Invocation, options: StreamOptions): Promise<void> {
  const framer = new MessageFramer();
  const reader = options.hex ? new HexReader() : undefined;
  let lines = '';

  const fail = (code: string, message: string, offset: number) => {
    invocation.exitCode = ExitCode.FAILED;
    lines += `${JSON.stringify({ error: { code, message, offset } })}\n`;
  };
  const decodeFrame = ({ bytes, offset }: Frame) => {
    try {
      lines += `${JSON.stringify(toJson(decode(bytes)))}\n`;
    } catch (error) {
      if (!(error instanceof OpenflowError)) throw error;
      fail(error.code, error.message, offset);
    }
  };
  const flush = async () => {
    const written = lines;
    lines = '';
    if (written !== '') await write(invocation.stdout, written);
  };

  for await (const chunk of invocation.stdin as AsyncIterable<Uint8Array>) {
    const { bytes, error } = reader?.push(chunk) ?? { bytes: chunk };
    for (const frame of framer.push(bytes)) {
      decodeFrame(frame);
      if (lines.length >= WRITE_CHARACTERS) await flush();
    }
    if (error !== undefined) {
      fail(error.code, error.message, framer.position);
      return flush();
    }
    await flush();
    if (framer.lost) return;
  }
  const cutHex = reader?.end();
  if (cutHex !== undefined) fail(cutHex.code, cutHex.message, framer.position);
  const cut = framer.end();
  if (cut !== undefined) fail('truncated', truncation(cut.bytes), cut.offset);
  await flush();
}

function truncation(bytes: Uint8Array): string {
  const promised = bytes.length < 4 ? undefined : (bytes[2]! << 8) | bytes[3]!;
  const length = promised === undefined || promised < 8 ? 'a header has 8' : `its header says ${promised}`;
  return `the stream ends ${bytes.length} bytes into a message: ${length}`;
}
