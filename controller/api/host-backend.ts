import type { Controller } from '../host/index.js';
import { type DecodedFlowStats, type DecodedPortStats, type Json, toJson } from '../openflow/index.js';
import { OpenflowReplyError } from '../session/index.js';
import type { Switch } from '../switch/index.js';
import type { AdminBackend } from './admin-backend.js';
import { AdminError } from './admin-error.js';
import type { AppReport, FlowReport, PortCounters, PortReport, SwitchReport } from './reports.js';
import { sealed } from './sealed-flow.js';

/** OFPP_LOCAL (OpenFlow 1.3.5 section 7.2.1). */
const LOCAL_PORT = 0xffff_fffe;
/** What a switch says of a counter that it does not keep: every bit set. */
const UNKNOWN_COUNT = 0xffff_ffff_ffff_ffffn;

/** What the backend takes of the host. */
export type AdminHost = Pick<
  Controller,
  | 'connected'
  | 'appSummaries'
  | 'ownerName'
  | 'sealsFlow'
  | 'startApp'
  | 'stopApp'
  | 'callApp'
  | 'previewReload'
  | 'reload'
  | 'metricsText'
>;

/** The admin socket's view of a running controller. */
export function hostBackend(host: AdminHost): AdminBackend {
  const chosen = (id: string): Switch => {
    const found = host.connected.get(id);
    if (found !== undefined) return found;
    throw new AdminError('unknown-switch', `no switch ${id} is connected`, {
      mend: 'See `cloakflow switches`.',
    });
  };
  return {
    switches: () => [...host.connected.values()].map(switchReport).sort((a, b) => (a.id < b.id ? -1 : 1)),
    async ports(switchId, signal) {
      const sw = chosen(switchId);
      const counters = await portCounters(sw, signal);
      return [...sw.ports.values()]
        .map(port => portReport(port, counters.get(port.portNo) ?? null))
        .sort((a, b) => a.number - b.number);
    },
    async flows(switchId, signal, unseal) {
      const reply = await chosen(switchId).request(
        { type: 'multipart-request', body: { type: 'flow' } },
        { signal },
      );
      return reply.body.flows.map(flow => {
        const report = flowReport(flow, host.ownerName(flow.cookie) ?? null);
        return unseal || !host.sealsFlow(flow.cookie) ? report : sealedReport(report);
      });
    },
    apps: () => host.appSummaries().map(appReport),
    startApp: name => host.startApp(name),
    stopApp: name => host.stopApp(name),
    callApp: (name, call, parameters) => host.callApp(name, call, parameters),
    previewReload: () => host.previewReload(),
    reload: () => host.reload(),
    metrics: () => host.metricsText(),
  };
}

function switchReport(sw: Switch): SwitchReport {
  const { description } = sw;
  return {
    id: sw.id,
    name: sw.ports.get(LOCAL_PORT)?.name ?? null,
    peer: sw.peer === '' ? null : sw.peer,
    manufacturer: description?.mfrDesc ?? null,
    hardware: description?.hwDesc ?? null,
    software: description?.swDesc ?? null,
    serialNumber: description?.serialNum ?? null,
    description: description?.dpDesc ?? null,
    tables: sw.tableCount,
    ports: sw.ports.size,
  };
}

/** By port number; empty for a switch that keeps none. */
async function portCounters(sw: Switch, signal: AbortSignal): Promise<Map<number, PortCounters>> {
  try {
    const reply = await sw.request({ type: 'multipart-request', body: { type: 'port-stats' } }, { signal });
    return new Map(reply.body.ports.map(stats => [stats.portNo, countersOf(stats)]));
  } catch (error) {
    if (error instanceof OpenflowReplyError) return new Map();
    throw error;
  }
}

function countersOf(stats: DecodedPortStats): PortCounters {
  return {
    rxPackets: count(stats.rxPackets),
    txPackets: count(stats.txPackets),
    rxBytes: count(stats.rxBytes),
    txBytes: count(stats.txBytes),
    rxDropped: count(stats.rxDropped),
    txDropped: count(stats.txDropped),
    rxErrors: count(stats.rxErrors),
    txErrors: count(stats.txErrors),
  };
}

type Port = Switch['ports'] extends ReadonlyMap<number, infer P> ? P : never;

function portReport(port: Port, counters: PortCounters | null): PortReport {
  return {
    number: port.portNo,
    name: port.name,
    mac: String(toJson(port.hwAddr)),
    config: [...port.config],
    state: [...port.state],
    speed: port.currSpeed,
    counters,
  };
}

function flowReport(flow: DecodedFlowStats, app: string | null): FlowReport {
  return {
    table: flow.tableId,
    priority: flow.priority,
    cookie: `0x${flow.cookie.toString(16).padStart(16, '0')}`,
    app,
    match: toJson(flow.match) as Record<string, Json>,
    instructions: toJson(flow.instructions) as Record<string, Json>[],
    flags: [...flow.flags],
    packets: count(flow.packetCount),
    bytes: count(flow.byteCount),
    age: flow.durationSec,
    idleTimeout: flow.idleTimeout,
    hardTimeout: flow.hardTimeout,
  };
}

function sealedReport(report: FlowReport): FlowReport {
  const { match, instructions } = report as {
    match: Record<string, Json>;
    instructions: Record<string, Json>[];
  };
  return { ...report, match: sealed(match), instructions: sealed(instructions) };
}

function appReport(app: ReturnType<AdminHost['appSummaries']>[number]): AppReport {
  return {
    name: app.instance,
    app: app.app,
    summary: app.summary,
    state: app.isRunning ? 'running' : 'stopped',
    tables: [...app.tables].map(([name, number]) => ({ name, number })),
    packetIns: app.packetIns,
    failures: app.failures,
  };
}

function count(value: bigint): number | null {
  return value === UNKNOWN_COUNT ? null : Number(value);
}
