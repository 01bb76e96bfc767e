import type { z } from 'zod';
import { type NextHopConfig, unaskable } from './next-hop.js';

/** What is looked at of a switch. */
interface Checked {
  readonly datapathId: string;
  readonly underlay?: string | undefined;
  readonly clients: readonly number[];
  readonly exit?: string | undefined;
  readonly outside?:
    | 'next'
    | { readonly port: number; readonly addresses: readonly string[]; readonly nextHop: NextHopConfig }
    | undefined;
}

/** What the keys of single switches do not show: whether together they are a network. */
export function checkSwitches(switches: Readonly<Record<string, Checked>>, context: z.RefinementCtx): void {
  const say = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  const seen = new Map<string, string>();
  const once = (kind: string, value: string, path: string[]) => {
    const twin = seen.get(`${kind} ${value}`);
    if (twin !== undefined) say(path, `is that of "${twin}" too`);
    else seen.set(`${kind} ${value}`, path[0]!);
  };
  const edges = Object.values(switches).filter(({ outside }) => outside !== undefined).length;
  const count = Object.keys(switches).length;
  for (const [name, sw] of Object.entries(switches)) {
    const { datapathId, underlay, clients, exit, outside } = sw;
    once('datapath', datapathId, [name, 'datapathId']);
    if (underlay !== undefined) once('underlay', underlay, [name, 'underlay']);
    if (underlay === undefined && count > 1)
      say([name], 'needs an `underlay` address in a network of several switches');
    if (clients.length === 0 && outside === undefined) say([name], 'has neither `clients` nor `outside`');
    if (new Set(clients).size < clients.length) say([name, 'clients'], 'names a port twice');
    if (typeof outside === 'object' && clients.includes(outside.port)) {
      say([name, 'outside', 'port'], 'is a client port');
    }
    for (const text of typeof outside === 'object' ? unaskable(outside.nextHop, outside.addresses) : []) {
      say([name, 'outside', 'addresses'], `has none to ask for the next router ${text} from`);
    }
    if (exit !== undefined && switches[exit]?.outside === undefined) {
      say([name, 'exit'], `"${exit}" is no edge switch`);
    }
    if (outside === undefined && edges === 0) say([name], 'has no edge switch to leave by');
  }
}
