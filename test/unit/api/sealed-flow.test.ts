import { expect } from 'chai';
import { z } from 'zod';
import { hostBackend } from '../../../controller/api/host-backend.js';
import { sealed } from '../../../controller/api/sealed-flow.js';
import { type AppContext, defineApp } from '../../../controller/host/index.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';

describe('a sealed flow', () => {
  it('tells protocols, and no address or port of an end', () => {
    expect(
      sealed({
        ethType: 0x0800,
        ipProto: 6,
        ipv4Src: { value: '192.0.2.1', mask: '255.255.255.0' },
        tcpDst: 443,
      }),
    ).to.deep.equal({ ethType: 0x0800, ipProto: 6, ipv4Src: 'sealed', tcpDst: 'sealed' });
    expect(
      sealed([
        {
          type: 'apply-actions',
          actions: [
            { type: 'set-field', field: { ipv6Dst: '::1' } },
            { type: 'group', groupId: 1 },
          ],
        },
      ]),
    ).to.deep.equal([
      {
        type: 'apply-actions',
        actions: [
          { type: 'set-field', field: { ipv6Dst: 'sealed' } },
          { type: 'group', groupId: 1 },
        ],
      },
    ]);
  });

  it('is a short-lived one of an app that seals them, for who does not unseal it', async () => {
    const contexts: Record<string, AppContext> = {};
    const app = (name: string, sealsFlows?: true) =>
      defineApp({
        name,
        summary: 'Has flows.',
        config: z.strictObject({}),
        tables: [{ name: 'own', miss: 'next' }],
        endsPipeline: false,
        ...(sealsFlows && { sealsFlows }),
        start: context => {
          contexts[name] = context;
          return {
            switchUp(sw) {
              const match = { ethType: 0x0800, ipv4Src: '192.0.2.1' };
              context.wanted(sw).setFlow('lasting', { tableId: context.table('own'), match });
              const tableId = context.table('own');
              const cookie = context.shortLivedCookie();
              sw.send({ type: 'flow-mod', tableId, cookie, priority: 1, idleTimeout: 10, match });
            },
          };
        },
      });
    const simulation = await Simulation.start({
      config: '{apps: [discreet, open], discovery: {enabled: false}}',
      apps: [app('discreet', true), app('open')],
    });
    try {
      await simulation.connect(new SimulatedSwitch({ datapathId: 1n, ports: [1] }));
      await simulation.settle();
      const backend = hostBackend(simulation.controller);
      const shown = async (unseal: boolean) => {
        const asked = backend.flows('0000000000000001', new AbortController().signal, unseal);
        await simulation.settle();
        const flows = (await asked).filter(({ match }) => 'ipv4Src' in match);
        return flows
          .map(({ app: owner, idleTimeout, match }) => `${owner} ${idleTimeout} ${match.ipv4Src}`)
          .sort();
      };
      const rest = ['discreet 0 192.0.2.1', 'open 0 192.0.2.1', 'open 10 192.0.2.1'];
      expect(await shown(false)).to.deep.equal([...rest, 'discreet 10 sealed'].sort());
      expect(await shown(true)).to.deep.equal([...rest, 'discreet 10 192.0.2.1'].sort());
    } finally {
      await simulation.stop();
    }
  });
});
