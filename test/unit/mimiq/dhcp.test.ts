import { expect } from 'chai';
import fc from 'fast-check';
import { decodeDhcp4 } from '../../../apps/mimiq/dhcp/dhcp4-codec.js';
import { decodeDhcp6 } from '../../../apps/mimiq/dhcp/dhcp6-codec.js';
import type { Attachment } from '../../../apps/mimiq/model.js';
import { FrontEnds } from '../../../apps/mimiq/protocol/front-ends.js';
import {
  association6,
  CLIENT_ID,
  DHCLIENT_DISCOVER,
  DHCLIENT_SOLICIT,
  granted6,
  MAC,
  message4,
  message6,
  option6,
  options6,
  read4,
  UDHCPC_DISCOVER,
} from './dhcp-messages.js';
import { FakeNetwork, SWITCH } from './fake-network.js';

const [OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM] = [2, 3, 4, 5, 6, 7, 8];
const [SOLICIT, ADVERTISE, REQUEST6, CONFIRM, RENEW, REBIND, REPLY, RELEASE6] = [1, 2, 3, 4, 5, 6, 7, 8];
const HERE: Attachment = { switchId: SWITCH, port: 1, mac: MAC };
const GATEWAY = Uint8Array.of(198, 51, 100, 1);
const MANY = { requestsPerSecond: 1_000_000, burst: 1_000_000 };

async function start(mtu?: number, changes: Record<string, unknown> = {}) {
  const resolvers = ['192.0.2.53', '2001:db8::53'];
  const network = await FakeNetwork.start({ limits: MANY, resolvers, ...changes });
  const frontEnds = new FrontEnds(network.allocator, network.config, mtu);
  const ask4 = async (message: Uint8Array, from = HERE) => {
    const answer = await frontEnds.dhcp4(message, from);
    return answer && { ...answer, ...read4(answer.payload) };
  };
  const ask6 = (message: Uint8Array, from = HERE) => frontEnds.dhcp6(message, from);
  const held = () => [...network.allocator.leases()].filter(({ state }) => state === 'held');
  return { network, frontEnds, ask4, ask6, held };
}

describe('DHCPv4 of mimiq', () => {
  const lease = async ({ ask4 }: Awaited<ReturnType<typeof start>>) => {
    const { yours } = (await ask4(DHCLIENT_DISCOVER))!;
    const answer = await ask4(message4({ type: REQUEST, requested: yours, server: GATEWAY }));
    expect(answer!.type).to.equal(ACK);
    return yours;
  };

  for (const [name, discover, hasId] of [
    ['dhclient', DHCLIENT_DISCOVER, false],
    ['udhcpc', UDHCPC_DISCOVER, true],
  ] as const) {
    it(`offers ${name} an address and everything around it, and the same when it asks again`, async () => {
      const { ask4, held } = await start(1400);
      const offer = (await ask4(discover))!;
      expect(offer.type).to.equal(OFFER);
      expect([...offer.yours.subarray(0, 3)]).to.deep.equal([198, 51, 100]);
      const { options, payload } = offer;
      expect(options.get(54)).to.deep.equal([...GATEWAY]);
      expect(options.get(3)).to.deep.equal([...GATEWAY]);
      expect(options.get(1)).to.deep.equal([255, 255, 255, 0]);
      expect(options.get(6)).to.deep.equal([192, 0, 2, 53]);
      expect(options.get(26)).to.deep.equal([1400 >> 8, 1400 & 255]);
      expect(options.get(51)).to.deep.equal([0, 0, 0, 10]);
      expect(options.get(61)).to.deep.equal(hasId ? [1, 2, 0, 0, 0, 0, 10] : undefined);
      expect(payload.subarray(4, 8)).to.deep.equal(discover.subarray(4, 8));
      expect(payload.length).to.be.at.least(300);
      expect(offer.mac).to.equal(MAC);
      expect((await ask4(discover))!.yours).to.deep.equal(offer.yours);
      expect(held()).to.have.length(1);
    });
  }

  it('acknowledges what it offered, renews it, and takes it back', async () => {
    const all = await start();
    const address = await lease(all);
    expect(all.held()).to.have.length(1);
    await all.network.pass(6);
    const renewed = (await all.ask4(message4({ type: REQUEST, clientAddress: address })))!;
    expect(renewed).to.deep.include({ type: ACK, mac: MAC, yours: address });
    expect(Buffer.from(renewed.payload.subarray(12, 16))).to.deep.equal(Buffer.from(address));
    expect(await all.ask4(message4({ type: RELEASE, clientAddress: address, server: GATEWAY }))).to.equal(
      undefined,
    );
    expect(all.held()).to.deep.equal([]);
  });

  it('refuses who asks for an address that it does not hold: another’s, a stale one, or after a reboot', async () => {
    const all = await start();
    const address = await lease(all);
    const stranger = { ...HERE, port: 2, mac: MAC + 1 };
    const stolen = message4({ type: REQUEST, requested: address, mac: MAC + 1 });
    const refusal = (await all.ask4(stolen, stranger))!;
    expect(refusal).to.deep.include({ type: NAK, destination: 0xffff_ffff, mac: 0xffff_ffff_ffff });
    const elsewhere = message4({ type: REQUEST, requested: Uint8Array.of(10, 0, 0, 1) });
    expect((await all.ask4(elsewhere))!.type).to.equal(NAK);
    await all.network.pass(60);
    expect((await all.ask4(message4({ type: REQUEST, clientAddress: address })))!.type).to.equal(NAK);
  });

  it('lets go of its offer when the client takes another server’s, and of what the client finds in use', async () => {
    const all = await start();
    const { yours } = (await all.ask4(DHCLIENT_DISCOVER))!;
    const other = Uint8Array.of(198, 51, 100, 250);
    expect(await all.ask4(message4({ type: REQUEST, requested: yours, server: other }))).to.equal(undefined);
    expect(all.held()).to.deep.equal([]);
    await all.network.pass(6);
    expect(all.network.allocator.space.reports()[0]!.inUse).to.equal(0);
    const address = await lease(all);
    expect(await all.ask4(message4({ type: DECLINE, requested: address, server: GATEWAY }))).to.equal(
      undefined,
    );
    expect(all.held()).to.deep.equal([]);
  });

  it('tells a host with an address of its own only what is around', async () => {
    const { ask4, held } = await start();
    const answer = (await ask4(message4({ type: INFORM, clientAddress: Uint8Array.of(198, 51, 100, 9) })))!;
    expect(answer.type).to.equal(ACK);
    expect([...answer.yours]).to.deep.equal([0, 0, 0, 0]);
    expect(answer.options.has(51)).to.equal(false);
    expect(await ask4(message4({ type: INFORM, clientAddress: Uint8Array.of(10, 0, 0, 1) }))).to.equal(
      undefined,
    );
    expect(held()).to.deep.equal([]);
  });

  it('offers nothing while every address is taken, and the one that comes free', async () => {
    const all = await start(undefined, { ipv4: [{ prefix: '198.51.100.0/30', gateway: '198.51.100.1' }] });
    const address = await lease(all);
    const other = { ...HERE, mac: MAC + 1 };
    const discover = message4({ type: 1, mac: other.mac });
    expect(await all.ask4(discover, other)).to.equal(undefined);
    await all.ask4(message4({ type: RELEASE, clientAddress: address, server: GATEWAY }));
    expect(await all.ask4(discover, other), 'it rests for t_remove').to.equal(undefined);
    await all.network.pass(6);
    expect((await all.ask4(discover, other))!.yours).to.deep.equal(address);
  });

  it('answers by broadcast where the client asks for it', async () => {
    const { ask4 } = await start();
    expect(await ask4(message4({ type: 1, broadcast: true }))).to.include({ destination: 0xffff_ffff });
  });

  it('is silent to relays, foreign hardware addresses, servers’ messages and unknown types', async () => {
    const { ask4, network } = await start();
    const reply = message4({ type: 1 });
    reply[0] = 2;
    const silent = [
      message4({ type: 1, relay: Uint8Array.of(192, 0, 2, 1) }),
      message4({ type: 1, mac: MAC + 1 }),
      message4({ type: OFFER }),
      message4({ type: 77 }),
      message4({ type: REQUEST }),
      reply,
    ];
    for (const message of silent) expect(await ask4(message)).to.equal(undefined);
    expect(network.allocator.space.reports()[0]!.inUse).to.equal(0);
  });

  it('reads no message from what is cut, has the wrong cookie, or options that run past the end', async () => {
    const { ask4 } = await start();
    for (let length = 0; length <= 242; length++) {
      expect(decodeDhcp4(DHCLIENT_DISCOVER.subarray(0, length)), `${length} bytes`).to.equal(undefined);
    }
    const wrong = DHCLIENT_DISCOVER.slice();
    wrong[236] = 0;
    expect(decodeDhcp4(wrong)).to.equal(undefined);
    const long = message4({ type: 1 });
    long.set([61, 255], 243);
    expect(decodeDhcp4(long)).to.include({ type: 1, clientId: undefined });
    // Parts of one option are joined (RFC 3396), also to one that no answer has room for.
    const parts = new Uint8Array(240 + 3 + 2 * 202 + 1);
    parts.set(message4({ type: 1 }).subarray(0, 243));
    for (const part of [0, 1]) parts.set([61, 200], 243 + 202 * part);
    parts[parts.length - 1] = 255;
    expect(decodeDhcp4(parts)!.clientId).to.have.length(400);
    expect((await ask4(parts))!.type).to.equal(OFFER);
  });

  it('never fails, whatever comes, and gives a client no more than one address', async () => {
    const { frontEnds, held } = await start();
    const mutant = fc.tuple(
      fc.constantFrom(DHCLIENT_DISCOVER, UDHCPC_DISCOVER, message4({ type: REQUEST, requested: GATEWAY })),
      fc.array(fc.tuple(fc.nat(299), fc.nat(255)), { maxLength: 8 }),
      fc.nat(300),
    );
    await fc.assert(
      fc.asyncProperty(mutant, async ([message, changes, length]) => {
        const bytes = message.slice(0, length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        await frontEnds.dhcp4(bytes, HERE);
      }),
    );
    // A mutant may give an address back, which then rests while the next one is held.
    expect(held()).to.have.length.at.most(1);
  });
});

describe('DHCPv6 of mimiq', () => {
  const serverIdOf = (bytes: Uint8Array) => option6(2, options6(bytes).get(2)!);
  const lease = async ({ ask6 }: Awaited<ReturnType<typeof start>>) => {
    const advertise = (await ask6(DHCLIENT_SOLICIT))!;
    const serverId = serverIdOf(advertise);
    const reply = (await ask6(message6(REQUEST6, serverId, association6())))!;
    expect(reply[0]).to.equal(REPLY);
    const [granted] = granted6(reply);
    return { serverId, address: granted!.address };
  };

  it('advertises to dhclient, and grants it on request what it advertised', async () => {
    const all = await start();
    const advertise = (await all.ask6(DHCLIENT_SOLICIT))!;
    expect([...advertise.subarray(0, 4)]).to.deep.equal([ADVERTISE, 0x6f, 0x42, 0x7b]);
    const options = options6(advertise);
    expect(Buffer.from(options.get(1)!)).to.deep.equal(Buffer.from(CLIENT_ID));
    expect([...options.get(2)!.subarray(0, 2)], 'a DUID-UUID').to.deep.equal([0, 4]);
    expect(options.get(23)).to.have.length(16);
    const [offered] = granted6(advertise);
    expect(offered!.lifetime).to.equal(10);
    const { address } = await lease(all);
    expect(address).to.deep.equal(offered!.address);
    const view = new DataView(options.get(3)!.buffer);
    expect([view.getUint32(0), view.getUint32(4), view.getUint32(8)]).to.deep.equal([10, 5, 8]);
  });

  it('grants at once where the client wants that', async () => {
    const { ask6, held } = await start();
    const reply = (await ask6(message6(SOLICIT, option6(14), association6())))!;
    expect(reply[0]).to.equal(REPLY);
    expect(options6(reply).has(14)).to.equal(true);
    expect(granted6(reply)).to.have.length(1);
    expect(held()).to.have.length(1);
  });

  it('renews, confirms and takes back, and says when there is nothing to renew', async () => {
    const all = await start();
    const { serverId, address } = await lease(all);
    const confirmed = (await all.ask6(message6(CONFIRM, association6(address))))!;
    expect([...options6(confirmed).get(13)!]).to.deep.equal([0, 0]);
    const elsewhere = (await all.ask6(message6(CONFIRM, association6(new Uint8Array(16).fill(3)))))!;
    expect([...options6(elsewhere).get(13)!], 'not on link').to.deep.equal([0, 4]);
    for (const message of [
      message6(RENEW, serverId, association6(address)),
      message6(REBIND, association6(address)),
    ]) {
      expect(granted6((await all.ask6(message))!).map(each => each.address)).to.deep.include(address);
    }
    const released = (await all.ask6(message6(RELEASE6, serverId, association6(address))))!;
    expect([...options6(released).get(13)!]).to.deep.equal([0, 0]);
    expect(all.held()).to.deep.equal([]);
    const nothing = (await all.ask6(message6(RENEW, serverId, association6(address))))!;
    const inside = options6(options6(nothing).get(3)!, 12);
    expect([...inside.get(13)!], 'no binding').to.deep.equal([0, 3]);
  });

  it('says that there is no address where a port has all that it may have', async () => {
    const { ask6 } = await start(undefined, { limits: { ...MANY, perPort: 1 } });
    const other = { ...HERE, mac: MAC + 1 };
    expect(granted6((await ask6(DHCLIENT_SOLICIT))!)).to.have.length(1);
    const advertise = (await ask6(DHCLIENT_SOLICIT, other))!;
    expect(granted6(advertise)).to.deep.equal([]);
    expect([...options6(options6(advertise).get(3)!, 12).get(13)!], 'no addresses').to.deep.equal([0, 2]);
  });

  it('takes away on rebinding what the client does not hold', async () => {
    const { ask6 } = await start();
    const foreign = new Uint8Array(16).fill(3);
    const reply = (await ask6(message6(REBIND, association6(foreign))))!;
    expect(granted6(reply)).to.deep.equal([{ address: foreign, lifetime: 0 }]);
  });

  it('is silent to messages for other servers, of servers, and without the identifiers that they need', async () => {
    const all = await start();
    const { serverId } = await lease(all);
    const other = option6(2, [0, 3, 0, 1, 2, 0, 0, 0, 0, 9]);
    const silent = [
      message6(REQUEST6, other, association6()),
      message6(REQUEST6, association6()),
      message6(SOLICIT, serverId, association6()),
      message6(REPLY, serverId, association6()),
      Uint8Array.of(SOLICIT, 1, 2, 3, ...association6()),
      message6(99, association6()),
    ];
    for (const message of silent) expect(await all.ask6(message)).to.equal(undefined);
    expect(all.held()).to.have.length(1);
  });

  it('reads no message from options that are cut, or lengths that are wrong', () => {
    const whole = message6(REQUEST6, association6(new Uint8Array(16)));
    const ends = new Set([4, 4 + 18, whole.length]);
    for (let length = 0; length <= whole.length; length++) {
      const read = decodeDhcp6(whole.subarray(0, length));
      expect(read === undefined, `${length} bytes`).to.equal(!ends.has(length));
    }
    const duid = (length: number) => Uint8Array.from([1, 0, 0, 1, ...option6(1, new Uint8Array(length))]);
    expect(decodeDhcp6(duid(130))).to.not.equal(undefined);
    for (const length of [0, 131]) expect(decodeDhcp6(duid(length))).to.equal(undefined);
    const short = Uint8Array.from([1, 0, 0, 1, ...option6(3, new Uint8Array(11))]);
    expect(decodeDhcp6(short)).to.equal(undefined);
  });

  it('never fails, whatever comes, and holds a client to its limit', async () => {
    const { frontEnds, network } = await start();
    const mutant = fc.tuple(
      fc.constantFrom(
        DHCLIENT_SOLICIT,
        message6(SOLICIT, option6(14), association6()),
        message6(REBIND, association6()),
      ),
      fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 6 }),
      fc.nat(60),
    );
    await fc.assert(
      fc.asyncProperty(mutant, async ([message, changes, length]) => {
        const bytes = message.slice(0, length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        await frontEnds.dhcp6(bytes, HERE);
      }),
    );
    expect([...network.allocator.leases()].length).to.be.at.most(64);
  });
});
