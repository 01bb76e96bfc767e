import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write } from '../../../controller/cli/invocation.js';

export function defineAuditKey(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('audit-key')
    .description(
      'make a key pair for the sealed audit log; the private key goes to a file and never to the controller',
    )
    .argument('<file>', 'file of the private key, which must not exist');
  withExamples(command, [
    ['cloakflow mimiq audit-key court.key', 'prints the public key for `allocator.audit`'],
  ]);
  command.action(async (file: string) => {
    const { writeFile } = await import('node:fs/promises');
    const { makeKeyPair } = await import('../audit/seal.js');
    const { publicKey, privateKey } = makeKeyPair();
    await writeFile(file, `${Buffer.from(privateKey).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
    await write(invocation.stdout, `${Buffer.from(publicKey).toString('base64')}\n`);
  });
}
