import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { ExitCode } from '../../../controller/cli/exit-codes.js';
import { type Invocation, writeJson } from '../../../controller/cli/invocation.js';

export function defineSni(popsicl: Command, invocation: Invocation): void {
  const command = popsicl
    .command('sni')
    .summary('find the server name in raw TLS bytes')
    .description(
      'read the bytes that a TLS client sends first on standard input, and print the server name of its ClientHello as ' +
        'JSON: {"sni", "length", "tls13", "resumes", "ech"}, where `sni` is null without a name and ' +
        '`length` counts the bytes of the message. `ech` tells that an encrypted_client_hello came along, as browsers send it as GREASE too: nobody without the key can tell. The ClientHello may be spread over records as it likes; what comes ' +
        'behind it is ignored. For anything else {"error": {"code", "message", "offset"}} is printed, and the exit code ' +
        'is 1. It needs no controller.',
    );
  withExamples(command, [
    ['cloakflow popsicl sni < hello.bin', 'the name in a recorded ClientHello'],
    ['nc -l 8443 | cloakflow popsicl sni', 'the name that a client sends to a port of this machine'],
  ]);
  command.action(async () => {
    const { TlsError, TlsHelloReader } = await import('../../../controller/packet/index.js');
    const reader = new TlsHelloReader();
    try {
      for await (const chunk of invocation.stdin) {
        if (reader.push(chunk as Uint8Array).isComplete) break;
      }
      const hello = reader.end();
      await writeJson(invocation, {
        sni: hello.serverName ?? null,
        length: hello.length,
        tls13: hello.offersTls13,
        resumes: hello.hasPreSharedKey,
        ech: hello.hasEncryptedClientHello,
      });
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      const { code, message, offset } = error;
      await writeJson(invocation, { error: { code, message, offset } });
      invocation.exitCode = ExitCode.FAILED;
    }
  });
}
