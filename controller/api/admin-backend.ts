import type { ReloadReport } from '../host/index.js';
import type { Json } from '../openflow/index.js';
import type { AppReport, FlowReport, PortReport, SwitchReport } from './reports.js';

/** What the admin socket needs of a controller; `host-backend.ts` makes it from the host. */
export interface AdminBackend {
  /** Switches that are connected now, by datapath id. */
  switches(): readonly SwitchReport[];
  /** Throws AdminError `unknown-switch` when no switch with this id is connected. */
  ports(switchId: string, signal: AbortSignal): Promise<readonly PortReport[]>;
  /** `unseal`: with the addresses and ports in flows whose app seals them. */
  flows(switchId: string, signal: AbortSignal, unseal: boolean): Promise<readonly FlowReport[]>;
  apps(): readonly AppReport[];
  /** Throws AdminError `unknown-app`. Starting what runs and stopping what is stopped does nothing. */
  startApp(name: string): Promise<void>;
  stopApp(name: string): Promise<void>;
  /** Asks an app for something; throws what it throws, `unknown-app` and `no-answer` besides. */
  callApp(name: string, call: string, parameters: Json): Promise<Json>;
  /** What a reload of the configuration would do; throws what is wrong with the configuration. */
  previewReload(): Promise<ReloadReport>;
  /** Reads the configuration again and applies what changed; when it throws, nothing has changed. */
  reload(): Promise<ReloadReport>;
  /** Metrics in the Prometheus text format. */
  metrics(): Promise<string>;
}
