import type { FuzzTarget } from '../target.js';
import { openflowTarget } from './openflow.js';
import { packetTarget } from './packet.js';
import { sessionTarget } from './session.js';

export const TARGETS: readonly FuzzTarget[] = [openflowTarget, packetTarget, sessionTarget];
