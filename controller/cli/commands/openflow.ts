import type { Command } from 'commander';
import { withExamples } from '../examples.js';
import type { Invocation } from '../invocation.js';
import { JSON_OPTION } from '../query-options.js';
import type { StreamOptions } from '../stream/stream-options.js';

export function defineOpenflow(program: Command, invocation: Invocation): void {
  const group = program
    .command('openflow')
    .description('read and write raw OpenFlow 1.3 messages')
    .helpCommand(false)
    .action(() => group.help({ error: true }));
  defineDecode(group, invocation);
  defineEncode(group, invocation);
}

function defineDecode(group: Command, invocation: Invocation): void {
  const command = group
    .command('decode')
    .summary('turn raw messages into one JSON object a line')
    .description(
      'turn a stream of concatenated messages on standard input into one JSON object a line. ' +
        'In the place of a malformed message stands {"error": {"code", "message", "offset"}}, where `offset` is ' +
        'the byte of the stream at which that message starts; decoding goes on with the next one as long as the ' +
        "header's length says where it is, and the exit code is 1.",
    )
    .option('--hex', 'the input is hexadecimal text; blanks, line ends and # comments may stand anywhere')
    .option(...JSON_OPTION);
  withExamples(command, [
    ['echo 0400000800000001 | cloakflow openflow decode --hex', 'a hello'],
    [
      'cloakflow openflow decode < channel.bin | jq -c .type',
      'the types of the messages of a recorded channel',
    ],
    ['cloakflow openflow decode < a.bin | cloakflow openflow encode | cmp - a.bin', 'encode undoes decode'],
  ]);
  command.action(async (options: StreamOptions) => {
    const { decodeStream } = await import('../stream/decode-stream.js');
    await decodeStream(invocation, options);
  });
}

function defineEncode(group: Command, invocation: Invocation): void {
  const command = group
    .command('encode')
    .summary('turn such lines back into raw messages')
    .description(
      'turn lines as `decode` prints them into the bytes of the messages. A line that is no valid message is ' +
        'reported on standard error with its number and the field; nothing is written for it, the other lines ' +
        'are encoded, and the exit code is 1. Empty lines are skipped.',
    )
    .option('--hex', 'write hexadecimal text, one message a line')
    .option(...JSON_OPTION);
  withExamples(command, [
    [`echo '{"type":"echo-request","xid":7}' | cloakflow openflow encode --hex`, 'an echo request'],
    [
      'cloakflow openflow encode < flows.jsonl | nc -U br0.mgmt',
      'messages from a file, a hello first, into a bridge',
    ],
  ]);
  command.action(async (options: StreamOptions & { json?: boolean }) => {
    const { encodeStream } = await import('../stream/encode-stream.js');
    await encodeStream(invocation, options);
  });
}
