/** What a figure depends on besides the code: printed with every result. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  cloakflow: string;
  versions: Record<string, string>;
}

/** `commands` names each program whose version counts, with the arguments that print it. */
export function describeMachine(commands: Record<string, string[]>): Machine {
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const versions: Record<string, string> = {};
  for (const [name, command] of Object.entries(commands)) versions[name] = firstLine(command);
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    cloakflow: own.version,
    versions,
  };
}

function firstLine([program, ...args]: string[]): string {
  const { stdout, stderr, error } = spawnSync(program!, args, { encoding: 'utf8' });
  if (error) return 'not installed';
  return (stdout || stderr).split('\n')[0]!.trim();
}
