/** The Open_vSwitch database: bridges, ports, tunnels, controllers, certificates, conntrack timeouts. */
export * from './applied.js';
export { type AttachOptions, type AttachReport, attachBridge } from './attach.js';
export * from './bridges.js';
export * from './certificates.js';
export * from './conntrack-timeouts.js';
export * from './controller-target.js';
export * from './controllers.js';
export * from './detach.js';
export * from './open.js';
export * from './ports.js';
export * from './schema.js';
export { type BridgeSnapshot, readSnapshot, SNAPSHOT_KEY } from './snapshot.js';
export * from './tunnels.js';
