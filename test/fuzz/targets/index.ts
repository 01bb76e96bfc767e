import type { FuzzTarget } from '../target.js';
import { clientHelloTarget } from './clienthello.js';
import { csrTarget } from './csr.js';
import { dhcpTarget } from './dhcp.js';
import { dnsTarget } from './dns.js';
import { mimiqProtocolTarget } from './mimiq-protocol.js';
import { openflowTarget } from './openflow.js';
import { packetTarget } from './packet.js';
import { portalTarget } from './portal.js';
import { sessionTarget } from './session.js';
import { tenantChannelTarget } from './tenant-channel.js';

export const TARGETS: readonly FuzzTarget[] = [
  openflowTarget,
  packetTarget,
  sessionTarget,
  clientHelloTarget,
  dnsTarget,
  csrTarget,
  portalTarget,
  tenantChannelTarget,
  dhcpTarget,
  mimiqProtocolTarget,
];
