#!/usr/bin/env node
import { runCli } from './run-cli.js';

// A reader that leaves early (`cloakflow flows | head -1`) ends the command quietly.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  if (!invocation.outlivesReader) process.exit(invocation.exitCode);
});

const invocation = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  exitCode: 0,
  outlivesReader: false,
};
process.exitCode = await runCli(process.argv.slice(2), invocation);
