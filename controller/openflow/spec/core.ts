/** OpenFlow 1.3.5 as one document. */
import { actions } from './actions.js';
import { coreConstants } from './constants.js';
import { type Enumeration, type Extension, enumeration } from './dsl.js';
import { coreEnumerations } from './enumerations.js';
import { coreErrorCodes, EXPERIMENTER_ERROR } from './error-codes.js';
import { coreFlagSets } from './flag-sets.js';
import { instructions } from './instructions.js';
import { messages } from './messages.js';
import { multipartReplyBodies, multipartRequestBodies } from './multipart.js';
import { coreConditions, coreOxmFields } from './oxm-fields.js';
import { statistics } from './statistics.js';
import { sharedStructures, sharedUnions } from './structures.js';
import { tableFeatureProperties, tableFeatures } from './table-features.js';

const errorTypes: Enumeration = enumeration(
  'ErrorType',
  16,
  { section: '7.4.4', open: true },
  {
    ...Object.fromEntries(coreErrorCodes.map(({ type, code }) => [type, code])),
    experimenter: EXPERIMENTER_ERROR,
  },
);

export const core: Extension = {
  name: 'OpenFlow 1.3.5',
  constants: coreConstants,
  enumerations: [...coreEnumerations, errorTypes],
  flagSets: coreFlagSets,
  structures: [...sharedStructures, ...statistics, tableFeatures],
  unions: [
    messages,
    multipartRequestBodies,
    multipartReplyBodies,
    actions,
    instructions,
    ...sharedUnions,
    tableFeatureProperties,
  ],
  conditions: coreConditions,
  oxmFields: coreOxmFields,
  errorCodes: coreErrorCodes,
};
