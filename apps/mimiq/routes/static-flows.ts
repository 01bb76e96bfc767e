import { clientFlows } from '../neighbours/client-flows.js';
import { responderFlows } from '../neighbours/responder-flows.js';
import { FlowSet } from '../pipeline/flow-set.js';
import type { SwitchPlan } from '../pipeline/switch-plan.js';
import { entryFlows } from './entry-flows.js';
import { routeFlows } from './route-flows.js';

/** Everything that a switch has whoever holds which address. */
export function staticFlows(plan: SwitchPlan): FlowSet {
  const flows = new FlowSet();
  entryFlows(plan, flows);
  clientFlows(plan, flows);
  responderFlows(plan.tables, flows);
  routeFlows(plan, flows);
  return flows;
}
