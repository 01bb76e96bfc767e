import { expect } from 'chai';
import { Port } from '../../../../controller/openflow/index.js';
import { SimulatedSwitch } from '../../../simulator/simulated-switch.js';
import { Simulation } from '../../../simulator/simulation.js';

describe('the app normal', () => {
  it('states one flow, which leaves everything to the bridge', async () => {
    const simulation = await Simulation.start({ config: '{apps: [normal], discovery: {enabled: false}}' });
    try {
      const sw = new SimulatedSwitch({ datapathId: 1n, ports: [1] });
      await simulation.connect(sw);
      expect(sw.flows).to.have.length(1);
      expect(sw.flows[0]).to.deep.include({ tableId: 0, priority: 0, match: {} });
      const [instruction] = sw.flows[0]!.instructions;
      expect(instruction).to.deep.include({ type: 'apply-actions' });
      expect((instruction as { actions: { port: number }[] }).actions[0]!.port).to.equal(Port.NORMAL);
    } finally {
      await simulation.stop();
    }
  });
});
