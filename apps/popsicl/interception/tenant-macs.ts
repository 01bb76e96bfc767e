import { isGroupMac, macToNumber } from '../../../controller/address/index.js';
import type { AppContext } from '../../../controller/host/index.js';
import type { PacketInView } from '../../../controller/openflow/index.js';
import { PacketError } from '../../../controller/packet/index.js';
import type { Action, Switch } from '../../../controller/switch/index.js';
import type { PopsiclConfig } from '../config.js';
import type { Tenants } from '../handoff/tenants.js';
import { BACK } from '../pipeline.js';
import { addressKey } from '../pseudonym/address-key.js';
import { type Heard, Neighbours } from './neighbours.js';

/** Milliseconds between two questions for a tenant's MAC address, and after which an answer is asked for again. */
const ASK_AGAIN = 1000;
const ASK_REFRESH = 30_000;
/** Questions without an answer before the log says so. */
const PATIENCE = 5;

/** Answers neighbours on every switch, and finds the MAC addresses of tenants that the configuration does not give. */
export class TenantMacs {
  private readonly context: AppContext<PopsiclConfig>;
  private readonly tenants: Tenants;
  private readonly neighbours: Neighbours;
  private readonly changed: () => void;
  private sinceRefresh = 0;
  /** Questions without an answer, by the tenant's index. */
  private readonly unanswered = new Map<number, number>();

  /** `changed`: a tenant has another MAC address. */
  constructor(context: AppContext<PopsiclConfig>, tenants: Tenants, changed: () => void) {
    this.context = context;
    this.tenants = tenants;
    this.neighbours = new Neighbours(context.config.gateway);
    this.changed = changed;
    context.clock.every(ASK_AGAIN, () => this.askForTenants());
  }

  /** A punted ARP or neighbour discovery frame. */
  packetIn(sw: Switch, view: PacketInView): void {
    try {
      const { answer, heard } = this.neighbours.read(view.data);
      if (heard !== undefined) this.heard(heard);
      if (answer !== undefined) {
        sw.send({ type: 'packet-out', inPort: view.inPort, actions: BACK, data: answer });
      }
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
    }
  }

  private heard({ address, mac }: Heard): void {
    const number = macToNumber(mac);
    // A group's address would bring a tenant's packets to every machine of the network.
    if (number === 0 || isGroupMac(number)) return;
    for (const tenant of this.tenants) {
      const { ipv4, ipv6 } = tenant.config;
      const own = [ipv4, ipv6].flatMap(one => (one === undefined ? [] : [addressKey(one)]));
      if (tenant.config.mac !== undefined || !own.includes(addressKey(address))) continue;
      if (tenant.mac === number) continue;
      tenant.mac = number;
      this.changed();
    }
  }

  private askForTenants(): void {
    this.sinceRefresh += ASK_AGAIN;
    const refresh = this.sinceRefresh >= ASK_REFRESH;
    if (refresh) this.sinceRefresh = 0;
    for (const sw of this.context.switches.values()) this.ask(sw, refresh);
    if (this.context.switches.size === 0) return;
    for (const { index, mac } of this.tenants) {
      if (mac !== undefined || (this.unanswered.get(index) ?? 0) > PATIENCE) continue;
      const asked = (this.unanswered.get(index) ?? 0) + 1;
      this.unanswered.set(index, asked);
      if (asked > PATIENCE) this.context.log.write('popsicl-tenant-unreachable', { place: index + 1 });
    }
  }

  /** Asks for the tenants whose address is not known, or with `refresh` for all that the configuration leaves open. */
  ask(sw: Switch, refresh = false): void {
    for (const { config, mac } of this.tenants) {
      if (config.mac !== undefined || (mac !== undefined && !refresh)) continue;
      const { ipv4, ipv6 } = config;
      const question = this.neighbours.question(ipv4 !== undefined ? { ipv4 } : { ipv6: ipv6! });
      if (question === undefined || !sw.isConnected) continue;
      const actions = this.floodActions(sw);
      if (actions.length > 0) sw.send({ type: 'packet-out', actions, data: question });
    }
  }

  /** Out of every port that floods go to: nothing comes in by one. */
  private floodActions(sw: Switch): Action[] {
    const { topology } = this.context;
    const ports = [...sw.ports.keys()].filter(port => topology.isForwarding(sw, port));
    return ports.map(port => ({ type: 'output', port, maxLen: 0 }));
  }
}
