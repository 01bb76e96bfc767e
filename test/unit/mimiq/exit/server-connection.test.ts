import { expect } from 'chai';
import type { HostPort, ServerNative } from '../../../../apps/mimiq/client/quic/binding.js';
import { ClientLabels } from '../../../../apps/mimiq/exit/client-labels.js';
import { ServerConnection } from '../../../../apps/mimiq/exit/server-connection.js';
import { ManualClock } from '../../../simulator/manual-clock.js';

const at = (number: number): HostPort => ({ host: `192.0.2.${100 + number}`, port: 4433 });
const LOCAL: HostPort = { host: '192.0.2.1', port: 443 };

describe('the server’s end of a connection that hops', () => {
  const stats = (label: HostPort, active: boolean) => ({
    localHost: LOCAL,
    peerHost: label,
    active,
    recv: 1,
    rtt: 1,
    cwnd: 13_500,
    lost: 0,
  });
  const serve = (labels: ClientLabels, differing: Partial<ServerNative>) => {
    const clock = new ManualClock();
    const sent: [number, HostPort][] = [];
    const ended: (Uint8Array | undefined)[] = [];
    const native: Partial<ServerNative> = {
      recv: datagram => datagram.length,
      isEstablished: () => false,
      isClosed: () => false,
      localError: () => null,
      retiredScidNext: () => null,
      timeout: () => 50,
      onTimeout: () => {},
      send: () => null,
      sendOnPath: () => null,
      pathStats: () => [],
      streamSend: (_id, bytes) => bytes.length,
      sourceCidsLeft: () => 0,
      readable: () => [],
      writable: () => [],
      ...differing,
    };
    const connection = new ServerConnection({
      native: native as ServerNative,
      local: LOCAL,
      labels,
      clock,
      spareIds: 8,
      send: (bytes, to) => sent.push([bytes.length, to]),
      request: () => {},
      known: () => {},
      idAdded: () => {},
      idRetired: () => {},
      closed: farewell => ended.push(farewell),
    });
    return { connection, clock, sent, ended };
  };
  const turn = () => new Promise(resolve => setImmediate(resolve));

  it('keeps nothing of streams that the client broke off, and ends when that was its control stream', async () => {
    let id = 2;
    let pieces: (number | 'reset')[] = [];
    const { connection, ended } = serve(new ClientLabels(at(0)), {
      isEstablished: () => true,
      readable: () => [id],
      streamShutdown: () => {},
      close: () => {},
      streamRecv: (_id, into) => {
        const piece = pieces.shift();
        if (piece === 'reset') throw new Error('StreamReset(0)');
        if (piece === undefined) return null;
        into[0] = piece;
        return [1, false];
      },
    });
    const { streams } = (connection as unknown as { peer: { streams: Map<number, unknown> } }).peer;
    const hear = async (next: typeof pieces) => {
      pieces = next;
      connection.receive(new Uint8Array(40), at(0));
      await turn();
    };
    const reserved = 0x21;
    for (id = 6; id < 46; id += 4) await hear([reserved, 'reset']);
    expect(streams.size).to.equal(0);
    expect(ended).to.have.length(0);
    id = 2;
    await hear([0, 'reset']);
    expect(ended).to.have.length(1);
  });

  it('sends what is due on a path that was left to the address in use', async () => {
    const labels = new ClientLabels(at(0));
    const left = labels.labelOf(at(0));
    let probes = 0;
    let waited = false;
    const { connection, clock, sent } = serve(labels, {
      onTimeout: () => {
        waited = true;
        probes = 1;
      },
      timeout: () => (waited ? 50 : 0),
      pathStats: () => [stats(labels.labelOf(at(1)), true)],
      sendOnPath: (_into, from, to) =>
        from === LOCAL && to.port === left.port && probes > 0 && probes-- > 0 ? [30, { from, to }] : null,
    });
    connection.receive(new Uint8Array(40), at(1));
    await turn();
    expect(sent).to.deep.equal([]);
    await clock.advance(10);
    expect(sent).to.deep.equal([[30, at(1)]]);
    connection.close();
  });

  it('challenges a path that quiche has given up when the client moves there, before anything else comes', () => {
    const labels = new ClientLabels(at(0));
    const given = labels.labelOf(at(1));
    let working = false;
    let asked: HostPort | undefined;
    const { connection, sent } = serve(labels, {
      isEstablished: () => true,
      sendQuantum: () => (working ? 13_500 : 0),
      pathStats: () => [stats(given, true)],
      probePath: (_local, peer) => {
        asked = peer;
        return 0;
      },
      sendOnPath: (_into, from, to) => {
        if (working || asked !== to) return null;
        working = true;
        return [39, { from, to }];
      },
    });
    connection.receive(new Uint8Array(50), at(1));
    expect(sent).to.deep.equal([[39, at(1)]]);
  });

  it('has quiche take a validated path where no challenge may be sent, and never where that would end the connection', () => {
    for (const validated of [true, false]) {
      const labels = new ClientLabels(at(0));
      const given = labels.labelOf(at(1));
      let timeouts = 0;
      const { connection } = serve(labels, {
        isEstablished: () => true,
        sendQuantum: () => 0,
        pathStats: () => [stats(labels.labelOf(at(0)), false), stats(given, true)],
        isPathValidated: () => validated,
        probePath: () => 0,
        onTimeout: () => {
          timeouts++;
        },
      });
      connection.receive(new Uint8Array(50), at(1));
      expect(timeouts).to.equal(validated ? 1 : 0);
    }
  });

  it('tells the client when quiche cannot go on', async () => {
    let closed: number | undefined;
    const { connection, sent, ended } = serve(new ClientLabels(at(0)), {
      send: () => {
        if (closed === undefined) throw new Error('InvalidState');
        return sent.length > 0 ? null : [23, { from: LOCAL, to: { host: '192.0.2.2', port: 1 } }];
      },
      close: (_app, code) => {
        closed = code;
      },
      localError: () => ({ isApp: true, errorCode: closed ?? 0, reason: new Uint8Array(0) }),
    });
    connection.receive(new Uint8Array(50), at(0));
    await turn();
    expect([closed, sent, ended.length, ended[0]?.length]).to.deep.equal([0x102, [[23, at(0)]], 1, 23]);
  });
});
