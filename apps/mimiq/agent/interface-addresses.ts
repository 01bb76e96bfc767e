import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { AgentError } from './agent-error.js';
import type { SystemUser } from './system-user.js';

/** Puts addresses on an interface and takes them away. */
export interface InterfaceAddresses {
  /** Rejects with AgentError `interface-refused`; having the address already is no error. */
  add(address: string): Promise<void>;
  /** Never rejects: an address that is not there is gone. */
  remove(address: string): Promise<void>;
  /** Makes `gateway` the way out for sources in its network, behind every route that is there already. */
  route(gateway: string): Promise<void>;
  close(): void;
}

const ROUTE_METRIC = 4870;

interface Waiting {
  resolve: (complaint: string) => void;
}

/**
 * One `ip -batch` process for all changes (rtnetlink): about 0.2 ms a change. It keeps the right to change the network's
 * settings and no other, and the agent needs none at all. Addresses are usable at once (`nodad`) and never chosen by the
 * system (`preferred_lft 0`).
 */
export class IpBatch implements InterfaceAddresses {
  private readonly device: string;
  private readonly child: ChildProcess;
  private readonly waiting: Waiting[] = [];
  private complaint = '';

  /** `lost` is called when the process ends without `close`. Root runs it as `user`. */
  constructor(device: string, user: SystemUser | undefined, lost: () => void) {
    if (!/^[\w.-]{1,15}$/.test(device)) throw new AgentError('bad-option', 'that is no name of an interface');
    if (!interfaces().includes(device)) throw new AgentError('bad-option', `there is no interface ${device}`);
    this.device = device;
    // Both outputs in one pipe: what `ip` complains about stands before the answer that follows it.
    const [program, ...args] = [...narrowed(user), 'sh', '-c', 'exec ip -force -oneline -batch - 2>&1'];
    this.child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.child.stdin!.on('error', () => undefined);
    createInterface({ input: this.child.stdout! }).on('line', line => this.line(line));
    this.child.on('error', () => undefined);
    this.child.on('close', () => {
      for (const { resolve } of this.waiting.splice(0)) resolve('ip has ended');
      lost();
    });
  }

  async add(address: string): Promise<void> {
    const flags = address.includes(':') ? 'nodad preferred_lft 0' : 'preferred_lft 0';
    const complaint = await this.run(`addr replace ${host(address)} dev ${this.device} ${flags}`);
    if (complaint !== '') {
      throw new AgentError('interface-refused', `the interface did not take an address: ${complaint}`, {
        mend: 'run the agent as root, with an interface that is there and on which IPv6 is not switched off',
      });
    }
  }

  async remove(address: string): Promise<void> {
    await this.run(`addr del ${host(address)} dev ${this.device}`);
  }

  async route(gateway: string): Promise<void> {
    const everything = gateway.includes(':') ? '::/0' : '0.0.0.0/0';
    const complaint = await this.run(
      `route replace ${everything} via ${checked(gateway)} dev ${this.device} onlink metric ${ROUTE_METRIC}`,
    );
    if (complaint !== '') throw new AgentError('interface-refused', `no default route: ${complaint}`);
  }

  close(): void {
    this.child.removeAllListeners('close');
    this.child.stdin!.end();
  }

  /** Resolves with what `ip` complained about. The second command's answer says that the first is done. */
  private run(command: string): Promise<string> {
    if (this.child.exitCode !== null || this.child.signalCode !== null)
      return Promise.resolve('ip has ended');
    return new Promise(resolve => {
      this.waiting.push({ resolve });
      this.child.stdin!.write(`${command}\nlink show dev lo\n`);
    });
  }

  private line(line: string): void {
    if (/^\d+: lo: /.test(line)) {
      this.waiting.shift()?.resolve(this.complaint);
      this.complaint = '';
    } else if (!line.startsWith('Command failed')) {
      this.complaint = line.slice(0, 200);
    }
  }
}

/** Of the namespace that this process is in. */
function interfaces(): string[] {
  const lines = readFileSync('/proc/self/net/dev', 'latin1').split('\n');
  return lines.map(line => line.slice(0, line.indexOf(':')).trim());
}

/** A command in front of another that takes all rights from it but one. */
function narrowed(user: SystemUser | undefined): string[] {
  if (user === undefined) return [];
  const caps = ['--inh-caps', '--ambient-caps', '--bounding-set'].map(name => `${name}=-all,+net_admin`);
  return [
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    '--no-new-privs',
    ...caps,
  ];
}

function host(address: string): string {
  return `${checked(address)}/${address.includes(':') ? 128 : 32}`;
}

/** Nothing but an address ever gets into a command. */
function checked(address: string): string {
  if (!/^[0-9a-f:.]{2,45}$/i.test(address)) throw new AgentError('bad-option', 'that is no address');
  return address;
}
