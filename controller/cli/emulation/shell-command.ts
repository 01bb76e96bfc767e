import { CommandError } from '../failure.js';
import type { ShellNetwork } from './shell-network.js';

/** One line of the shell, understood. */
export type ShellCommand =
  | { type: 'nothing' | 'help' | 'exit' | 'nodes' | 'links' | 'pingall' }
  | { type: 'flows'; switches: readonly string[] }
  | { type: 'link'; a: string; b: string; up: boolean }
  | { type: 'host'; host: string; command: string };

export const SHELL_HELP = `\
  HOST COMMAND…        run a command in a host; names of hosts in it become addresses
  pingall              let every host ping every other one
  nodes                hosts with their addresses, switches with their datapath ids
  links                links, and which of them are down
  link A B up|down     bring a link up or down
  flows [SWITCH]       flows of one switch, or of all
  exit                 end the emulation (Ctrl-D too)
`;
const WORDS = ['help', 'exit', 'nodes', 'links', 'pingall', 'flows', 'link'];

/** @throws CommandError `shell-usage`, `unknown-node` */
export function parseShellLine(line: string, network: ShellNetwork): ShellCommand {
  const text = line.replace(/^\s*#.*/, '').trim();
  const [word = '', ...rest] = text.split(/\s+/);
  switch (word) {
    case '':
      return { type: 'nothing' };
    case 'help':
    case 'exit':
    case 'nodes':
    case 'links':
    case 'pingall':
      if (rest.length > 0) throw usage(`${word} takes no words after it`);
      return { type: word };
    case 'quit':
      return { type: 'exit' };
    case 'flows':
      return { type: 'flows', switches: switchesOf(rest, network) };
    case 'link':
      return linkCommand(rest, network);
  }
  if (!network.hosts.some(host => host.name === word)) throw unknown(word);
  if (rest.length === 0) throw usage(`a command for ${word} is missing`);
  return { type: 'host', host: word, command: withAddresses(text.slice(word.length).trim(), network) };
}

/** Words that can stand where the last word of `line` is, as node:readline's completer wants them. */
export function completeShellLine(line: string, network: ShellNetwork): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const hosts = network.hosts.map(host => host.name);
  const switches = network.switches.map(node => node.name);
  let choices: string[];
  if (words.length <= 1) choices = [...WORDS, ...hosts];
  else if (words[0] === 'flows') choices = switches;
  else if (words[0] === 'link') choices = words.length <= 3 ? [...hosts, ...switches] : ['up', 'down'];
  else choices = hosts;
  return [choices.filter(choice => choice.startsWith(last)).map(choice => `${choice} `), last];
}

function switchesOf(names: readonly string[], network: ShellNetwork): readonly string[] {
  const known = network.switches.map(node => node.name);
  for (const name of names) if (!known.includes(name)) throw unknown(name);
  return names.length > 0 ? names : known;
}

function linkCommand(words: readonly string[], network: ShellNetwork): ShellCommand {
  const [a, b, state] = words;
  if (a === undefined || b === undefined || (state !== 'up' && state !== 'down') || words.length > 3) {
    throw usage('write `link A B up` or `link A B down`');
  }
  const linked = network.links().some(link => [link.a, link.b].includes(a) && [link.a, link.b].includes(b));
  if (a === b || !linked) throw new CommandError('unknown-link', `there is no link between ${a} and ${b}`);
  return { type: 'link', a, b, up: state === 'up' };
}

/** Whole words that are names of hosts become their first address, as in Mininet's own shell. */
function withAddresses(command: string, network: ShellNetwork): string {
  const addresses = new Map(network.hosts.map(host => [host.name, host.addresses[0]]));
  return command.replace(/(?<![^\s])[a-z][a-z0-9-]*(?![^\s])/g, word => addresses.get(word) ?? word);
}

function usage(message: string): CommandError {
  return new CommandError('shell-usage', message, { mend: 'See `help`.' });
}

function unknown(name: string): CommandError {
  return new CommandError('unknown-node', `there is no host, switch or command ${JSON.stringify(name)}`, {
    mend: 'See `nodes` and `help`.',
  });
}
