import type { Command } from 'commander';
import { withExamples } from '../../../../controller/cli/examples.js';
import { type Invocation, write } from '../../../../controller/cli/invocation.js';

export function defineEnrol(tenant: Command, invocation: Invocation): void {
  const command = tenant
    .command('enrol')
    .argument('<domain>', 'domain of the tenant')
    .summary('make the credentials of a tenant’s agent')
    .description(
      'make the credentials with which the agent of a tenant and the controller know each other. The first time it makes ' +
        'the authority of both, and the credentials of the controller, in the control folder.',
    )
    .requiredOption('--control <folder>', "the controller's folder; its authority.key signs agents in")
    .requiredOption('--out <folder>', 'where the files for the tenant go');
  withExamples(command, [
    [
      'cloakflow tenant enrol shop.example --control /etc/cloakflow/control --out ./shop',
      'agent.pem, agent.key and authority.pem, to be copied to the tenant',
    ],
  ]);
  command.action(async (domain: string, { control, out }: { control: string; out: string }) => {
    const { enrol } = await import('../channel/enrol.js');
    const files = await enrol(domain, control, out, Date.now());
    await write(invocation.stdout, `${files.join('\n')}\n`);
  });
}
