import type { AppDefinition } from '../controller/host/index.js';
import { learningSwitch } from './learning-switch/app.js';
import { mimiq } from './mimiq/app.js';
import { normal } from './normal/app.js';
import { popsicl } from './popsicl/app.js';

/** The built-in apps, in the order in which they make sense one after the other. */
export const builtInApps: readonly AppDefinition[] = [popsicl, mimiq, learningSwitch, normal];
