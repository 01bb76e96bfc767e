import { expect } from 'chai';
import { Neighbours } from '../../../apps/popsicl/interception/neighbours.js';
import { buildFrame, findLayer, type LayerInit, parseFrame } from '../../../controller/packet/index.js';

const GATEWAY = { ipv4: '10.0.0.254', ipv6: 'fd00::fe', mac: '02:c1:0a:ff:ff:fe' };
const TENANT = { address: 'fd00::11', mac: '02:00:00:00:00:11' };
type Body = Extract<LayerInit, { type: 'icmpv6' }>['body'];

/** What a tenant sends to the gateway, as neighbours do or by a router. */
function sent(body: Body, hopLimit = 255): Uint8Array {
  return buildFrame([
    { type: 'ethernet', source: TENANT.mac, destination: GATEWAY.mac },
    { type: 'ipv6', source: TENANT.address, destination: GATEWAY.ipv6, hopLimit },
    { type: 'icmpv6', body },
  ]);
}

describe('neighbours of the gateway', () => {
  const neighbours = new Neighbours(GATEWAY);
  const advertisement: Body = {
    type: 'neighbour-advertisement',
    target: TENANT.address,
    router: false,
    solicited: true,
    override: true,
    options: [{ type: 'target-link-layer-address', address: TENANT.mac }],
  };
  const solicitation: Body = {
    type: 'neighbour-solicitation',
    target: '2001:db8:1::7',
    options: [{ type: 'source-link-layer-address', address: TENANT.mac }],
  };

  it('tell their MAC addresses, and are told that of pseudo-addresses', () => {
    expect(neighbours.read(sent(advertisement))).to.deep.equal({ heard: TENANT });
    const answer = parseFrame(neighbours.read(sent(solicitation)).answer!);
    expect(findLayer(answer, 'icmpv6')!.body).to.deep.include({
      type: 'neighbour-advertisement',
      target: '2001:db8:1::7',
      options: [{ type: 'target-link-layer-address', address: GATEWAY.mac }],
    });
  });

  it('are not who sends from elsewhere: nobody outside can say where a tenant is', () => {
    for (const hopLimit of [254, 64, 0]) {
      for (const body of [advertisement, solicitation]) {
        expect(neighbours.read(sent(body, hopLimit))).to.deep.equal({});
      }
    }
  });
});
