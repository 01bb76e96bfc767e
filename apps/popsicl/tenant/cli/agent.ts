import type { Command } from 'commander';
import { withExamples } from '../../../../controller/cli/examples.js';
import { type Invocation, write } from '../../../../controller/cli/invocation.js';

export function defineAgent(tenant: Command, invocation: Invocation): void {
  const command = tenant
    .command('agent')
    .summary('run the agent of a tenant until it is told to end')
    .description(
      'run the agent of a tenant: it lets the kernel take connections over from the controller, and gives the web ' +
        'server its certificates. Started as root it does what needs root, and goes on as `user` of its configuration. ' +
        'Once it is ready it prints one line on standard output; the log goes to standard error. SIGINT and SIGTERM end ' +
        'it; the kernel goes on taking connections over.',
    )
    .requiredOption('--config <file>', 'configuration file (YAML)');
  withExamples(command, [['cloakflow tenant agent --config /etc/cloakflow/tenant.yaml', 'what a file says']]);
  command.action(async ({ config: file }: { config: string }) => {
    const { readAgentConfig } = await import('../agent/config.js');
    const { startAgent } = await import('../agent/start-agent.js');
    const { controllerLogger } = await import('../../../../controller/cli/logger.js');
    const { untilSignal } = await import('../../../../controller/cli/signals.js');
    const config = await readAgentConfig(file);
    const { logger, flush } = controllerLogger('info', invocation);
    const signal = untilSignal(flush);
    invocation.outlivesReader = true;
    try {
      const running = await startAgent(config, (event, fields) => {
        const level = event.endsWith('hindered') || event === 'disconnected' ? 'warn' : 'info';
        logger[level]({ id: `tenant-agent-${event}`, ...fields });
      });
      await write(
        invocation.stdout,
        `ready: ${running.strategies.join(' ') || 'no way to take connections over'}\n`,
      );
      await signal.ended;
      running.stop();
    } finally {
      signal.dispose();
      flush();
    }
  });
}
