import { ipv4Bytes, ipv4Number } from '../../../apps/mimiq/address-prefix.js';
import {
  Dhcp4Option,
  Dhcp4Type,
  decodeDhcp4,
  encodeDhcp4,
  uint32Option,
} from '../../../apps/mimiq/dhcp/dhcp4-codec.js';
import type { Requests } from '../../../apps/mimiq/model.js';
import { CLIENT, SERVER } from './perfdhcp.js';

/** A front end that answers each message at once, with addresses of which it knows nothing afterwards. */
export function echo(): Pick<Requests, 'dhcp4'> {
  const [client, gateway] = [CLIENT, SERVER].map(text =>
    ipv4Number(Uint8Array.from(text.split('.'), Number)),
  );
  let last = gateway! + 255;
  const options = [
    [Dhcp4Option.SERVER_ID, ipv4Bytes(gateway!)],
    [Dhcp4Option.LEASE_TIME, uint32Option(4000)],
  ] as const;
  return {
    dhcp4: async payload => {
      const request = decodeDhcp4(payload);
      if (request === undefined) return undefined;
      const isDiscover = request.type === Dhcp4Type.DISCOVER;
      const reply = encodeDhcp4(request, {
        type: isDiscover ? Dhcp4Type.OFFER : Dhcp4Type.ACK,
        yourAddress: isDiscover ? ++last : request.requestedAddress!,
        options,
      });
      return { payload: reply, destination: client!, mac: request.mac };
    },
  };
}
