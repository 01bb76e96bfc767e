import type { Port, PortStatus } from './types.js';

/** What happened to a port. */
export interface PortChange {
  readonly kind: 'added' | 'changed' | 'removed';
  readonly port: Port;
  /** Whether packets can pass now, and could before. */
  readonly isUp: boolean;
  readonly wasUp: boolean;
}

/** OFPP_MAX: real ports are numbered 1..0xffffff00 (OpenFlow 1.3.5 section 7.2.1). */
const LAST_REAL_PORT = 0xffff_ff00;

/** Whether the port has a link and is not switched off. */
export function isPortUp(port: Port): boolean {
  return !(port.config ?? []).includes('port-down') && !(port.state ?? []).includes('link-down');
}

/** A port with a cable, not LOCAL or another reserved number. */
export function isRealPort(portNumber: number): boolean {
  return portNumber <= LAST_REAL_PORT;
}

/** Takes a PORT_STATUS over into `ports`. */
export function applyPortStatus(ports: Map<number, Port>, status: PortStatus): PortChange {
  const port = status.desc;
  const before = ports.get(port.portNo);
  const wasUp = before !== undefined && isPortUp(before);
  if (status.reason === 'delete') {
    ports.delete(port.portNo);
    return { kind: 'removed', port, isUp: false, wasUp };
  }
  ports.set(port.portNo, port);
  return { kind: before === undefined ? 'added' : 'changed', port, isUp: isPortUp(port), wasUp };
}
