import type { Check } from '../finding.js';
import { bridgeExists, datapath, failMode, inBand, openflow13 } from './bridge.js';
import {
  controllerAnswers,
  controllerConnected,
  controllerKnowsBridge,
  controllerSet,
  oneController,
} from './controller.js';
import { checksumOffload, interfaceErrors } from './interfaces.js';
import { kernelFeatures, kernelVersion, nodeVersion } from './machine.js';
import { ovsdbReachable, ovsVersion, schemaVersion, vswitchdRunning } from './open-vswitch.js';

/** Every check, in the order in which a person would look. */
export const CHECKS: readonly Check[] = [
  ovsdbReachable,
  vswitchdRunning,
  ovsVersion,
  schemaVersion,
  bridgeExists,
  datapath,
  openflow13,
  controllerSet,
  controllerConnected,
  oneController,
  controllerAnswers,
  controllerKnowsBridge,
  failMode,
  inBand,
  interfaceErrors,
  checksumOffload,
  nodeVersion,
  kernelVersion,
  ...kernelFeatures,
];
