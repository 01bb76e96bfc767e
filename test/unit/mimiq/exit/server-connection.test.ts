import { expect } from 'chai';
import type { HostPort, ServerNative } from '../../../../apps/mimiq/client/quic/binding.js';
import { ClientLabels } from '../../../../apps/mimiq/exit/client-labels.js';
import { ServerConnection } from '../../../../apps/mimiq/exit/server-connection.js';
import { ManualClock } from '../../../simulator/manual-clock.js';

const at = (number: number): HostPort => ({ host: `192.0.2.${100 + number}`, port: 4433 });
const LOCAL: HostPort = { host: '192.0.2.1', port: 443 };

describe('the server’s end of a connection that hops', () => {
  it('sends what is due on a path that was left to the address in use', async () => {
    const labels = new ClientLabels(at(0));
    const left = labels.labelOf(at(0));
    const clock = new ManualClock();
    const sent: [number, HostPort][] = [];
    let probes = 1;
    const native: Partial<ServerNative> = {
      recv: datagram => datagram.length,
      isEstablished: () => false,
      isClosed: () => false,
      timeout: () => 50,
      onTimeout: () => {},
      send: () => null,
      pathStats: () => [
        {
          localHost: LOCAL,
          peerHost: labels.labelOf(at(1)),
          active: true,
          recv: 1,
          rtt: 1,
          cwnd: 13_500,
          lost: 0,
        },
      ],
      sendOnPath: (_into, from, to) =>
        from === LOCAL && to.port === left.port && probes-- > 0 ? [30, { from, to }] : null,
    };
    const connection = new ServerConnection({
      native: native as ServerNative,
      local: LOCAL,
      labels,
      clock,
      spareIds: 8,
      send: (bytes, to) => sent.push([bytes.length, to]),
      request: () => {},
      idAdded: () => {},
      idRetired: () => {},
      closed: () => {},
    });
    connection.receive(new Uint8Array(40), at(1));
    await new Promise(resolve => setImmediate(resolve));
    expect(sent).to.deep.equal([]);
    await clock.advance(60);
    expect(sent).to.deep.equal([[30, at(1)]]);
  });
});
