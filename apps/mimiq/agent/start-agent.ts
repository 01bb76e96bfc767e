import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '../../../controller/host/clock.js';
import type { Family } from '../client/address-source.js';
import { AddressStock } from './address-stock.js';
import { AgentError } from './agent-error.js';
import { claimFolder } from './agent-folder.js';
import { type AllocatorLink, UdpAllocatorLink } from './allocator-link.js';
import { ApplicationServer } from './application-server.js';
import { bootClock } from './boot-clock.js';
import { type CallerSocket, callerSocket } from './caller-socket.js';
import { type InterfaceAddresses, IpBatch } from './interface-addresses.js';
import { StateFile } from './state-file.js';
import { becomeUser, systemGroup, systemUser } from './system-user.js';

export interface AgentOptions {
  readonly interface: string;
  readonly families: readonly Family[];
  /** Addresses to keep ready, of each family. */
  readonly stock: number;
  readonly socket: string;
  /** Where the network takes requests. */
  readonly service: { readonly host: string; readonly port: number };
  /** Who the agent goes on as; undefined keeps its rights. */
  readonly user: string | undefined;
  /** Group whose members may ask for addresses; undefined lets every user of the machine. */
  readonly group?: string | undefined;
  /** Addresses that all applications of one user may have together. */
  readonly perUser?: number;
  /** The native program that tells who connects; the one that was built by default. */
  readonly relay?: string;
  readonly clock?: Clock;
  readonly link?: AllocatorLink;
  readonly addresses?: InterfaceAddresses;
  /** What an operator may want to know; none of it names an address. */
  readonly log: (event: 'hindered' | 'callers-unknown', fields: Readonly<Record<string, unknown>>) => void;
}

export interface RunningAgent {
  readonly stock: AddressStock;
  /** Settles when the agent cannot go on. */
  readonly failed: Promise<AgentError>;
  close(): Promise<void>;
}

/** Milliseconds that a restarted agent waits for the applications of the one before. */
const RESUME_GRACE = 5_000;
const LINGER = 300;
/** Half of what a client may have in a network by default. */
const PER_USER = 32;
/** Milliseconds between two questions which addresses this machine has: it may be at another port of the network by now. */
const COMPARE = 5_000;
/** Milliseconds between two looks whether the machine slept. */
const LOOK = 500;

/** Does what needs rights, gives them up, and keeps addresses in stock. Rejects with AgentError. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { clock = bootClock, log } = options;
  await checkFree(options.socket);
  let fail: (error: AgentError) => void = () => undefined;
  const failed = new Promise<AgentError>(resolve => {
    fail = resolve;
  });
  const user = options.user === undefined ? undefined : systemUser(options.user);
  const group = options.group === undefined ? undefined : systemGroup(options.group);
  const folder = dirname(options.socket);
  claimFolder(folder, user);
  const lost = () =>
    fail(new AgentError('interface-refused', 'the process that changes addresses has ended'));
  const device = options.addresses ?? new IpBatch(options.interface, user, lost);
  const socket: CallerSocket = await callerSocket({
    path: options.socket,
    owner: user,
    group,
    lost: () => fail(new AgentError('socket-refused', 'the process that takes connections has ended')),
    ...(options.relay !== undefined && { relay: options.relay }),
  }).catch(error => {
    device.close();
    throw error;
  });
  if (user !== undefined) becomeUser(user, group);
  const link = options.link ?? new UdpAllocatorLink({ ...options.service, clock });
  const state = new StateFile(join(folder, `mimiq-agent.${options.interface}.json`));
  const offset = Date.now() - clock.now();
  const hindered = (error: unknown) =>
    log('hindered', { reason: error instanceof Error ? error.message : String(error) });
  const stock: AddressStock = new AddressStock({
    link,
    interface: device,
    clock,
    families: options.families,
    size: options.stock,
    linger: LINGER,
    ended: address => server.ended(address),
    changed: () => {
      try {
        state.save(stock.all, offset);
      } catch (error) {
        // Applications do not suffer for a full disk, as long as this agent lives.
        hindered(error);
      }
    },
    hindered,
  });
  const server = new ApplicationServer(stock, clock, options.perUser ?? PER_USER);
  const timers: Timer[] = [];
  const agent: RunningAgent = {
    stock,
    failed,
    async close() {
      for (const timer of timers) timer.cancel();
      socket.close();
      server.close();
      await stock.close();
      state.close();
      link.close();
      device.close();
    },
  };
  try {
    await restore(state, stock, device, clock, offset);
    await socket.serve((connection, who) => server.accept(connection, who));
  } catch (error) {
    await agent.close();
    throw error;
  }
  const orphans = stock.all.flatMap(({ address, holder }) =>
    holder === undefined ? [] : [[address, holder] as const],
  );
  timers.push(clock.after(RESUME_GRACE, () => server.reclaim(orphans)));
  const compare = () => {
    // Where the allocator does not answer, the end of each lease is known anyway.
    if (stock.all.length > 0) stock.compare().catch(() => undefined);
  };
  timers.push(clock.every(COMPARE, compare));
  let looked = clock.now();
  const look = () => {
    const slept = clock.now() - looked > 2 * LOOK;
    looked = clock.now();
    if (!slept) return;
    stock.expire();
    compare();
  };
  timers.push(clock.every(LOOK, look));
  if (!socket.knowsCallers) {
    log('callers-unknown', {
      reason: 'native/build/caller-relay is not built: users have no bounds of their own',
    });
  }
  compare();
  stock.start();
  return agent;
}

/** What the agent before left: in stock again, still with its application, or removed. */
async function restore(
  state: StateFile,
  stock: AddressStock,
  device: InterfaceAddresses,
  clock: Clock,
  offset: number,
): Promise<void> {
  for (const { address, gateway, endsAt, holder, user } of state.load()) {
    const end = endsAt - offset;
    if (end <= clock.now()) {
      await device.remove(address);
      continue;
    }
    await device.add(address);
    stock.adopt({ address, gateway, endsAt: end, holder, user, family: address.includes(':') ? 6 : 4 });
  }
}

/** Rejects with AgentError `socket-taken` when an agent answers there. */
async function checkFree(path: string): Promise<void> {
  const answers = await new Promise<boolean>(resolve => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
  if (answers) throw new AgentError('socket-taken', `another agent listens on ${path}`);
}
