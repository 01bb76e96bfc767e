import { createSocket, type Socket } from 'node:dgram';
import { expect } from 'chai';
import { UdpAllocatorLink } from '../../../../apps/mimiq/agent/allocator-link.js';
import { decodeRequest, encodeAnswer } from '../../../../apps/mimiq/protocol/codec.js';
import { parseIpv6 } from '../../../../controller/address/index.js';
import { systemClock } from '../../../../controller/host/clock.js';

describe("the agent's way to the allocator", () => {
  let allocator: Socket;
  let link: UdpAllocatorLink;
  let grants: { address: Uint8Array; lifetimeMs: number; network: number }[];
  beforeEach(async () => {
    allocator = createSocket('udp6');
    allocator.on('message', (datagram, { address, port }) => {
      const networks = [
        { prefixLength: 64, gateway: parseIpv6('fe80::1')! },
        { prefixLength: 24, gateway: Uint8Array.of(10, 0, 0, 1) },
      ];
      const granted = { grants, networks, lingerMs: 1, held: grants.length };
      allocator.send(encodeAnswer({ requestId: decodeRequest(datagram)!.requestId, granted }), port, address);
    });
    await new Promise<void>(resolve => allocator.bind(0, '::1', resolve));
    link = new UdpAllocatorLink({ host: '::1', port: allocator.address().port, clock: systemClock });
  });
  afterEach(() => {
    link.close();
    allocator.close();
  });

  it('takes no address that is not for a host, of another family, or beyond what was asked for', async () => {
    const lies = ['::', '::1', '::10.0.0.1', 'fe80::7', 'ff02::1'].map(text => parseIpv6(text)!);
    lies.push(Uint8Array.of(127, 0, 0, 1), Uint8Array.of(10, 0, 0, 7), new Uint8Array(5));
    const truth = [1, 2, 3].map(last => parseIpv6(`2001:db8::${last}`)!);
    grants = [...lies, ...truth].map(address => ({ address, lifetimeMs: 60_000, network: 0 }));
    const told = async (family: 4 | 6) => (await link.allocate(family, 2)).map(({ address }) => address);
    expect(await told(6)).to.deep.equal(['2001:db8::1', '2001:db8::2']);
    grants = lies.map(address => ({ address, lifetimeMs: 60_000, network: 1 }));
    expect(await told(4)).to.deep.equal(['10.0.0.7']);
  });

  it('never waits for longer than a timer can', async () => {
    grants = [{ address: parseIpv6('2001:db8::1')!, lifetimeMs: 0xffff_ffff, network: 0 }];
    const [granted] = await link.allocate(6, 1);
    expect(granted!.lifetime).to.equal(2 ** 31 - 1);
  });
});
