/** What Open vSwitch adds to OpenFlow 1.3 as experimenter Nicira. */
import type { Extension } from '../dsl.js';
import { flowMonitorStructures, flowMonitorUnions } from './flow-monitor.js';
import { controllerProperties, niciraActions } from './nicira-actions.js';
import { niciraConditions } from './nicira-conditions.js';
import { niciraConstants, niciraEnumerations, niciraFlagSets } from './nicira-enumerations.js';
import { niciraErrorCodes } from './nicira-errors.js';
import { niciraFields } from './nicira-fields.js';
import {
  niciraMessages,
  niciraProperties,
  niciraReplyBodies,
  niciraRequestBodies,
  niciraStructures,
} from './nicira-messages.js';

export const niciraExtension: Extension = {
  name: 'Open vSwitch extensions',
  constants: niciraConstants,
  enumerations: niciraEnumerations,
  flagSets: niciraFlagSets,
  structures: [...niciraStructures, ...flowMonitorStructures],
  unions: [controllerProperties, ...niciraProperties, ...flowMonitorUnions],
  variants: {
    Action: niciraActions,
    Message: niciraMessages,
    MultipartRequestBody: niciraRequestBodies,
    MultipartReplyBody: niciraReplyBodies,
  },
  conditions: niciraConditions,
  oxmFields: niciraFields,
  errorCodes: [niciraErrorCodes],
};
