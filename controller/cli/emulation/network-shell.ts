import { createInterface } from 'node:readline';
import { failureJson, failureText } from '../failure.js';
import { byPipeline, FLOW_COLUMNS } from '../flow-table.js';
import { type Invocation, write } from '../invocation.js';
import { type Palette, paletteFor } from '../palette.js';
import { withProgress } from '../progress.js';
import { type Column, formatTable } from '../table.js';
import { completeShellLine, parseShellLine, SHELL_HELP, type ShellCommand } from './shell-command.js';
import type { ShellLink, ShellNetwork } from './shell-network.js';

const PROMPT = 'cloakflow> ';

const NODE_COLUMNS: readonly Column<{
  node: string;
  kind: string;
  addresses?: readonly string[];
  datapathId?: string;
}>[] = [
  { title: 'node', value: row => row.node },
  { title: 'kind', value: row => row.kind },
  { title: 'addresses or datapath id', value: row => row.datapathId ?? row.addresses?.join(' ') },
];
const LINK_COLUMNS: readonly Column<ShellLink>[] = [
  { title: 'from', value: link => link.a },
  { title: 'to', value: link => link.b },
  { title: 'state', value: link => (link.up ? 'up' : 'down') },
];

/** The shell of an emulation: from a terminal, from a file, or line by line from `--run`. */
export class NetworkShell {
  readonly #invocation: Invocation;
  readonly #network: ShellNetwork;
  readonly #signal: AbortSignal;
  readonly #json: boolean;
  readonly #palette: Palette;
  #history: string[] = [];
  /** Of the line that runs now. */
  #line = new AbortController();

  /** Once `signal` is aborted, whatever runs is ended. With `json`, lists are JSON, one a line. */
  constructor(
    invocation: Invocation,
    network: ShellNetwork,
    options: { signal: AbortSignal; json?: boolean | undefined },
  ) {
    this.#invocation = invocation;
    this.#network = network;
    this.#signal = options.signal;
    this.#json = options.json ?? false;
    this.#palette = paletteFor(invocation.stdout, invocation.env);
  }

  /** Ends what the line at hand does by itself; a command in a host hears Ctrl-C from the terminal. */
  interrupt(): void {
    this.#line.abort();
  }

  /** Runs lines in order up to the first that fails; whether all went well. */
  async runLines(lines: Iterable<string> | AsyncIterable<string>): Promise<boolean> {
    for await (const line of lines) {
      if (this.#signal.aborted) return false;
      const result = await this.runLine(line);
      if (result !== 'ok') return result === 'exit';
    }
    return !this.#signal.aborted;
  }

  /** Standard input: a terminal with prompt, history and completion, or a file of lines. */
  async interact(): Promise<boolean> {
    const { stdin } = this.#invocation;
    if (stdin.isTTY !== true) {
      const lines = createInterface({ input: stdin });
      const close = () => lines.close();
      this.#signal.addEventListener('abort', close);
      try {
        return await this.runLines(lines);
      } finally {
        this.#signal.removeEventListener('abort', close);
        close();
      }
    }
    for (;;) {
      const line = await this.#prompt();
      if (line === undefined || (await this.runLine(line)) === 'exit') return true;
    }
  }

  /** Errors are printed, not thrown. */
  async runLine(line: string): Promise<'ok' | 'failed' | 'exit'> {
    this.#line = new AbortController();
    try {
      const command = parseShellLine(line, this.#network);
      if (command.type === 'exit') return 'exit';
      return (await this.#run(command)) ? 'ok' : 'failed';
    } catch (error) {
      if (this.#line.signal.aborted || this.#signal.aborted) return 'failed';
      const { stderr, env } = this.#invocation;
      const text = this.#json
        ? `${JSON.stringify(failureJson(error))}\n`
        : failureText(error, paletteFor(stderr, env));
      await write(stderr, text);
      return 'failed';
    }
  }

  async #run(command: ShellCommand): Promise<boolean> {
    switch (command.type) {
      case 'help':
        await this.#print(SHELL_HELP);
        return true;
      case 'nodes':
        await this.#nodes();
        return true;
      case 'links':
        await this.#show(this.#network.links(), LINK_COLUMNS);
        return true;
      case 'link':
        await this.#network.setLink(command.a, command.b, command.up);
        return true;
      case 'flows':
        for (const name of command.switches) await this.#flows(name, command.switches.length > 1);
        return true;
      case 'pingall':
        return this.#pingAll();
      case 'host':
        return (await this.#network.runIn(command.host, command.command, this.#signal)) === 0;
      default:
        return true;
    }
  }

  #nodes(): Promise<void> {
    const { hosts, switches } = this.#network;
    const rows = [
      ...hosts.map(({ name, addresses }) => ({ node: name, kind: 'host', addresses })),
      ...switches.map(({ name, datapathId }) => ({ node: name, kind: 'switch', datapathId })),
    ];
    return this.#show(rows, NODE_COLUMNS);
  }

  async #flows(name: string, titled: boolean): Promise<void> {
    const flows = await this.#network.flows(name);
    if (titled && !this.#json) await this.#print(`${this.#palette('cyan', name)}\n`);
    if (typeof flows === 'string')
      await (this.#json ? this.#print(`${JSON.stringify(flows)}\n`) : this.#print(flows));
    else await this.#show([...flows].sort(byPipeline), FLOW_COLUMNS);
  }

  async #pingAll(): Promise<boolean> {
    const hosts = this.#network.hosts.filter(host => host.addresses.length > 0);
    const pairs = hosts.flatMap(from => hosts.filter(to => to !== from).map(to => ({ from, to })));
    const signal = AbortSignal.any([this.#signal, this.#line.signal]);
    const lost = await withProgress(this.#invocation, 'pinging', async report => {
      const unanswered: { from: string; to: string }[] = [];
      for (const [index, { from, to }] of pairs.entries()) {
        report(`pinging ${index + 1}/${pairs.length}: ${from.name} -> ${to.name}`);
        const answered = await this.#network.ping(from.name, to.addresses[0]!, signal);
        if (!answered) unanswered.push({ from: from.name, to: to.name });
      }
      return unanswered;
    });
    if (this.#json) await this.#print(`${JSON.stringify({ pings: pairs.length, lost })}\n`);
    else {
      for (const { from, to } of lost)
        await this.#print(`${from} -> ${to}: ${this.#palette('red', 'no answer')}\n`);
      await this.#print(`${pairs.length - lost.length} of ${pairs.length} pings answered\n`);
    }
    return lost.length === 0;
  }

  #show<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<void> {
    return this.#print(this.#json ? `${JSON.stringify(rows)}\n` : formatTable(columns, rows, this.#palette));
  }

  /** One line from the terminal; undefined for Ctrl-D. The terminal is its usual self while a command runs. */
  #prompt(): Promise<string | undefined> {
    const { stdin, stdout } = this.#invocation;
    return new Promise(resolve => {
      if (this.#signal.aborted) return resolve(undefined);
      const terminal = createInterface({
        input: stdin,
        output: stdout,
        prompt: PROMPT,
        history: this.#history,
        completer: (line: string) => completeShellLine(line, this.#network),
      });
      const close = () => terminal.close();
      this.#signal.addEventListener('abort', close);
      let given: string | undefined;
      terminal.on('history', history => {
        this.#history = [...history];
      });
      terminal.on('SIGINT', () => {
        terminal.write(null, { ctrl: true, name: 'u' });
        stdout.write('^C\n');
        terminal.prompt();
      });
      terminal.once('line', line => {
        given = line;
        terminal.close();
      });
      terminal.once('close', () => {
        this.#signal.removeEventListener('abort', close);
        if (given === undefined) stdout.write('\n');
        resolve(given);
      });
      terminal.prompt();
    });
  }

  #print(text: string): Promise<void> {
    return write(this.#invocation.stdout, text);
  }
}
