import { clientFlows } from '../neighbours/client-flows.js';
import { responderFlows } from '../neighbours/responder-flows.js';
import { entryFlows } from './entry-flows.js';
import { FlowSet } from './flow-set.js';
import { routeFlows } from './route-flows.js';
import type { SwitchPlan } from './switch-plan.js';

/** Everything that a switch has whoever holds which address. */
export function staticFlows(plan: SwitchPlan): FlowSet {
  const flows = new FlowSet();
  entryFlows(plan, flows);
  clientFlows(plan, flows);
  responderFlows(plan.tables, flows);
  routeFlows(plan, flows);
  return flows;
}
