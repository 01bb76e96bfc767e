#!/usr/bin/env node
import { nodeTooOld } from '../doctor/oldest-node.js';

// An older Node cannot even load the rest, and would say so in words that help nobody.
const tooOld = nodeTooOld(process.versions.node);
if (tooOld !== undefined) {
  process.stderr.write(tooOld);
  process.exit(4);
}
const { runCli } = await import('./run-cli.js');

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
