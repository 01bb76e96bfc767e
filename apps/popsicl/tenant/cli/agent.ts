import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
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
    .requiredOption('--config <file>', 'configuration file (YAML)')
    .option(
      '--enrol <token>',
      'get the credentials first, unless they are there; - reads the token from standard input',
    );
  withExamples(command, [
    ['cloakflow tenant agent --config /etc/cloakflow/tenant.yaml', 'what a file says'],
    [
      'cloakflow tenant agent --config /etc/cloakflow/tenant.yaml --enrol - < token',
      'the first time, with the token of `cloakflow popsicl invite`',
    ],
  ]);
  command.action(async ({ config: file, enrol }: { config: string; enrol?: string }) => {
    const { readAgentConfig } = await import('../agent/config.js');
    const { startAgent } = await import('../agent/start-agent.js');
    const { controllerLogger } = await import('../../../../controller/cli/logger.js');
    const { untilSignal } = await import('../../../../controller/cli/signals.js');
    const config = await readAgentConfig(file);
    if (enrol !== undefined && !existsSync(config.credentials.certificate)) {
      const { enrolAgent } = await import('../agent/enrol-agent.js');
      const token = enrol === '-' ? await text(invocation.stdin) : enrol;
      await enrolAgent({ controller: config.controller, credentials: config.credentials, token });
    }
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
      try {
        await Promise.race([signal.ended, running.lost]);
      } finally {
        running.stop();
      }
    } finally {
      signal.dispose();
      flush();
    }
  });
}
