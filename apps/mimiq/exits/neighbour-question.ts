/** Who has this address? And what the answer says. */
import { parseIpv6, parseMac } from '../../../controller/address/index.js';
import { buildFrame, findLayer, parseFrame, solicitedNodeAddress } from '../../../controller/packet/index.js';
import { formatAddress, ipv4Number } from '../address-prefix.js';

const BROADCAST = 0xffff_ffff_ffff;
const GROUP_BIT = 2 ** 40;

/** An ARP request or a neighbour solicitation, to everybody whom it may concern; both addresses are of one family. */
export function question(mac: number, own: Uint8Array, wanted: Uint8Array): Uint8Array {
  if (wanted.length === 4) {
    return buildFrame([
      { type: 'ethernet', source: mac, destination: BROADCAST },
      {
        type: 'arp',
        operation: 'request',
        senderMac: mac,
        senderIpv4: ipv4Number(own),
        targetIpv4: ipv4Number(wanted),
      },
    ]);
  }
  const group = solicitedNodeAddress(wanted);
  // RFC 2464 section 7: 33:33 and the last four bytes of the group.
  const destination = 0x3333_0000_0000 + ipv4Number(group.subarray(12));
  return buildFrame([
    { type: 'ethernet', source: mac, destination },
    { type: 'ipv6', source: own, destination: group, hopLimit: 255 },
    {
      type: 'icmpv6',
      body: {
        type: 'neighbour-solicitation',
        target: wanted,
        options: [{ type: 'source-link-layer-address', address: mac }],
      },
    },
  ]);
}

/** The MAC address that a frame says `wanted` has; undefined when it says nothing of that. Throws PacketError. */
export function readAnswer(frame: Uint8Array, wanted: Uint8Array): number | undefined {
  const layers = parseFrame(frame);
  const mac = wanted.length === 4 ? macOfReply(layers, wanted) : macOfAdvertisement(layers, wanted);
  if (mac === undefined || mac === 0 || isGroup(mac)) return undefined;
  return mac;
}

function macOfReply(layers: ReturnType<typeof parseFrame>, wanted: Uint8Array): number | undefined {
  const arp = findLayer(layers, 'arp');
  if (arp?.operation !== 'reply' || arp.senderIpv4 !== formatAddress(wanted)) return undefined;
  return parseMac(arp.senderMac);
}

/** RFC 4861 section 7.1.2: only from the link itself, and whole. */
function macOfAdvertisement(layers: ReturnType<typeof parseFrame>, wanted: Uint8Array): number | undefined {
  const icmpv6 = findLayer(layers, 'icmpv6');
  if (icmpv6?.body.type !== 'neighbour-advertisement' || icmpv6.checksum !== undefined) return undefined;
  if (findLayer(layers, 'ipv6')?.hopLimit !== 255) return undefined;
  const { target, options } = icmpv6.body;
  if (Buffer.compare(parseIpv6(target)!, wanted) !== 0) return undefined;
  const option = options.find(({ type }) => type === 'target-link-layer-address');
  return option === undefined ? undefined : parseMac((option as { address: string }).address);
}

function isGroup(mac: number): boolean {
  return Math.floor(mac / GROUP_BIT) % 2 === 1;
}
