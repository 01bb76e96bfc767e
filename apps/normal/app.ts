import { z } from 'zod';
import { type AppContext, type AppInstance, defineApp } from '../../controller/host/index.js';
import { Port } from '../../controller/openflow/index.js';

const configSchema = z.strictObject({});

/** Leaves every packet that no app before it decided about to the bridge's own forwarding. */
export const normal = defineApp({
  name: 'normal',
  summary: 'Leaves forwarding to the bridge (OFPP_NORMAL).',
  config: configSchema,
  tables: [{ name: 'normal', miss: 'own' }],
  endsPipeline: true,
  start: startNormal,
});

function startNormal(context: AppContext<z.output<typeof configSchema>>): AppInstance {
  const tableId = context.table('normal');
  const actions = [{ type: 'output', port: Port.NORMAL } as const];
  return {
    switchUp(sw) {
      context
        .wanted(sw)
        .setFlow('normal', { tableId, priority: 0, instructions: [{ type: 'apply-actions', actions }] });
    },
  };
}
