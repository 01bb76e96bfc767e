import { encode, type Message, OpenflowError, Writer } from '../../openflow/index.js';
import { ExitCode } from '../exit-codes.js';
import { CommandError } from '../failure.js';
import { type Invocation, write } from '../invocation.js';
import { type Line, LineSplitter } from './line-splitter.js';
import type { StreamOptions } from './stream-options.js';

/** The JSON of the longest message, every byte of it structured, stays far below. */
const MAX_LINE_BYTES = 1 << 24;
const WRITE_BYTES = 1 << 16;

/** Lines of JSON on standard input to raw messages (or hexadecimal text) on standard output. */
export async function encodeStream(
  invocation: Invocation,
  options: StreamOptions & { json?: boolean },
): Promise<void> {
  if (!options.hex && invocation.stdout.isTTY) {
    throw new CommandError('binary-to-terminal', 'raw messages would garble the terminal', {
      mend: 'Use --hex, or send standard output to a file or another program.',
      exitCode: ExitCode.USAGE,
    });
  }
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  const writer = new Writer();
  let hex = '';

  const encodeLine = async (line: Line) => {
    if (line.text !== undefined && line.text.trim() === '') return;
    const start = writer.pos;
    const fault = tryEncode(writer, line.text);
    if (fault !== undefined) {
      invocation.exitCode = ExitCode.FAILED;
      await write(invocation.stderr, report(line.number, fault, options.json === true));
    } else if (options.hex) {
      hex += `${Buffer.from(writer.buf.subarray(start, writer.pos)).toString('hex')}\n`;
      writer.pos = 0;
    }
    if (writer.pos >= WRITE_BYTES || hex.length >= WRITE_BYTES) await flush();
  };
  const flush = async () => {
    if (writer.pos > 0) await write(invocation.stdout, writer.buf.slice(0, writer.pos));
    if (hex !== '') await write(invocation.stdout, hex);
    writer.pos = 0;
    hex = '';
  };

  for await (const chunk of invocation.stdin as AsyncIterable<Uint8Array>) {
    for (const line of splitter.push(chunk)) await encodeLine(line);
    await flush();
  }
  for (const line of splitter.end()) await encodeLine(line);
  await flush();
}

interface Fault {
  code: string;
  message: string;
  field?: string | undefined;
}

/** Appends the message of a line to `writer`; what is wrong with it where it is none. */
function tryEncode(writer: Writer, text: string | undefined): Fault | undefined {
  if (text === undefined)
    return { code: 'line-too-long', message: `the line has more than ${MAX_LINE_BYTES} bytes` };
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    return { code: 'bad-json', message: `no JSON: ${(error as SyntaxError).message}` };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return { code: 'bad-json', message: 'a message is a JSON object' };
  }
  if ('error' in message && !('type' in message)) {
    return {
      code: 'malformed-message',
      message: 'this line stands for a message that `decode` could not read',
    };
  }
  try {
    encode(writer, message as Message);
  } catch (error) {
    if (!(error instanceof OpenflowError)) throw error;
    return { code: error.code, message: error.message, field: error.field };
  }
  return undefined;
}

function report(line: number, { code, message, field }: Fault, json: boolean): string {
  if (json) return `${JSON.stringify({ error: { code, message, line, field } })}\n`;
  return `line ${line}: ${message} [${code}]\n`;
}
