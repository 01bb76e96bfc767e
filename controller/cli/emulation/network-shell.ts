import { createInterface } from 'node:readline';
import { failureText } from '../failure.js';
import { type Invocation, write } from '../invocation.js';
import { type Palette, paletteFor } from '../palette.js';
import { withProgress } from '../progress.js';
import { formatTable } from '../table.js';
import type { EmulatedHost, EmulatedNetwork } from './emulated-network.js';
import { completeShellLine, parseShellLine, SHELL_HELP, type ShellCommand } from './shell-command.js';

const PROMPT = 'cloakflow> ';

/** The shell of an emulation: from a terminal, from a file, or line by line from `--run`. */
export class NetworkShell {
  readonly #invocation: Invocation;
  readonly #network: EmulatedNetwork;
  readonly #signal: AbortSignal;
  readonly #palette: Palette;
  #history: string[] = [];

  /** Once `signal` is aborted, whatever runs is ended. */
  constructor(invocation: Invocation, network: EmulatedNetwork, signal: AbortSignal) {
    this.#invocation = invocation;
    this.#network = network;
    this.#signal = signal;
    this.#palette = paletteFor(invocation.stdout, invocation.env);
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
    try {
      const command = parseShellLine(line, this.#network);
      if (command.type === 'exit') return 'exit';
      return (await this.#run(command)) ? 'ok' : 'failed';
    } catch (error) {
      await write(
        this.#invocation.stderr,
        failureText(error, paletteFor(this.#invocation.stderr, this.#invocation.env)),
      );
      return 'failed';
    }
  }

  async #run(command: ShellCommand): Promise<boolean> {
    switch (command.type) {
      case 'help':
        await this.#print(SHELL_HELP);
        return true;
      case 'nodes':
        await this.#print(this.#nodes());
        return true;
      case 'links':
        await this.#print(this.#links());
        return true;
      case 'link':
        await this.#network.setLink(command.a, command.b, command.up);
        return true;
      case 'flows':
        for (const name of command.switches) {
          if (command.switches.length > 1) await this.#print(`${this.#palette('cyan', name)}\n`);
          await this.#print(await this.#network.flows(name));
        }
        return true;
      case 'pingall':
        return this.#pingAll();
      case 'host':
        return (await this.#network.runIn(command.host, command.command, this.#signal)) === 0;
      default:
        return true;
    }
  }

  #nodes(): string {
    const rows = [
      ...this.#network.hosts.map(host => ({ name: host.name, kind: 'host', what: host.addresses.join(' ') })),
      ...this.#network.switches.map(node => ({ name: node.name, kind: 'switch', what: node.datapathId })),
    ];
    return formatTable(
      [
        { title: 'node', value: row => row.name },
        { title: 'kind', value: row => row.kind },
        { title: 'addresses or datapath id', value: row => row.what },
      ],
      rows,
      this.#palette,
    );
  }

  #links(): string {
    return formatTable(
      [
        { title: 'from', value: link => link.a },
        { title: 'to', value: link => link.b },
        { title: 'state', value: link => (link.up ? 'up' : 'down') },
      ],
      this.#network.links(),
      this.#palette,
    );
  }

  async #pingAll(): Promise<boolean> {
    const hosts = this.#network.hosts.filter(host => host.addresses.length > 0);
    const pairs = hosts.flatMap(from => hosts.filter(to => to !== from).map(to => ({ from, to })));
    const lost: { from: EmulatedHost; to: EmulatedHost }[] = [];
    await withProgress(this.#invocation, 'pinging', async report => {
      for (const [index, pair] of pairs.entries()) {
        if (this.#signal.aborted) return;
        report(`pinging ${index + 1}/${pairs.length}: ${pair.from.name} -> ${pair.to.name}`);
        const answered = await this.#network.ping(pair.from.name, pair.to.addresses[0]!, this.#signal);
        if (!answered) lost.push(pair);
      }
    });
    for (const { from, to } of lost) {
      await this.#print(`${from.name} -> ${to.name}: ${this.#palette('red', 'no answer')}\n`);
    }
    await this.#print(`${pairs.length - lost.length} of ${pairs.length} pings answered\n`);
    return lost.length === 0;
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
