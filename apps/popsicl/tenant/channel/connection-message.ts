import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../../../controller/address/index.js';
import type { RestoredConnection } from '../repair/restored-connection.js';
import { ChannelError } from './channel-error.js';
import type { ConnectionMessage } from './messages.js';

/** A connection as the channel carries it: addresses are 4 or 16 bytes. */
export function connectionMessage(connection: RestoredConnection): ConnectionMessage {
  const { family, tenant, client, windowScale } = connection;
  return {
    tenantAddress: packed(family, tenant.address),
    tenantPort: tenant.port,
    clientAddress: packed(family, client.address),
    clientPort: client.port,
    sendSequence: connection.sendSequence,
    receiveSequence: connection.receiveSequence,
    tsval: connection.tsval,
    sackPermitted: connection.sackPermitted,
    clientWindowScale: windowScale?.client,
    tenantWindowScale: windowScale?.tenant,
    mss: connection.mss,
    clientWindow: connection.clientWindow,
    offeredWindow: connection.offeredWindow,
  };
}

/** @throws ChannelError `bad-message` */
export function readConnection(message: ConnectionMessage): RestoredConnection {
  const { tenantAddress, clientAddress, clientWindowScale, tenantWindowScale } = message;
  const family = tenantAddress.length === 4 ? 4 : 6;
  if (![4, 16].includes(tenantAddress.length) || clientAddress.length !== tenantAddress.length)
    throw new ChannelError('bad-message', 'the controller sent an address that is none');
  if (message.tenantPort > 0xffff || message.clientPort > 0xffff || message.mss > 0xffff)
    throw new ChannelError('bad-message', 'the controller sent a number that is too large');
  const scaled = clientWindowScale !== undefined && tenantWindowScale !== undefined;
  return {
    family,
    tenant: { address: unpacked(tenantAddress), port: message.tenantPort },
    client: { address: unpacked(clientAddress), port: message.clientPort },
    sendSequence: message.sendSequence,
    receiveSequence: message.receiveSequence,
    tsval: message.tsval,
    sackPermitted: message.sackPermitted,
    windowScale: scaled ? { client: clientWindowScale, tenant: tenantWindowScale } : undefined,
    mss: message.mss,
    clientWindow: message.clientWindow,
    offeredWindow: message.offeredWindow,
  };
}

function packed(family: 4 | 6, address: string): Uint8Array {
  if (family === 6) {
    const bytes = parseIpv6(address);
    if (bytes === undefined) throw new RangeError('an address is no IPv6 address');
    return bytes;
  }
  const bytes = new Uint8Array(4);
  const number = parseIpv4(address);
  if (Number.isNaN(number)) throw new RangeError('an address is no IPv4 address');
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function unpacked(address: Uint8Array): string {
  if (address.length === 16) return formatIpv6(address);
  return formatIpv4(new DataView(address.buffer, address.byteOffset).getUint32(0));
}
