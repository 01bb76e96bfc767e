import type { Logger } from 'pino';
import { CodedError } from '../coded-error.js';
import type { Json } from '../openflow/index.js';
import type { SessionOptions } from '../session/index.js';
import { HOST_OWNER, isShortLived, ownerOfCookie, type Switch } from '../switch/index.js';
import type { ConnectionHandler, PeerCertificate } from '../transport/index.js';
import type { AppDefinition } from './app.js';
import { type AppSummary, Apps } from './apps.js';
import { type Clock, systemClock } from './clock.js';
import { type Config, loadConfig } from './config/load.js';
import { connectionPolicy } from './connection-policy.js';
import { Connections, type HostConnection } from './connections.js';
import { Discovery } from './discovery/discovery.js';
import { Endpoints } from './endpoints.js';
import { addHostMetrics } from './host-metrics.js';
import { HOST_MESSAGES } from './messages/catalogue.js';
import { messageLog } from './messages/log.js';
import type { MessageLog } from './messages/message.js';
import { Occasions } from './messages/occasions.js';
import { Metrics } from './metrics.js';
import { PacketInScheduler } from './packet-in-scheduler.js';
import { type ReloadReport, reloadReport } from './reload-report.js';
import type { RunningApp } from './running-app.js';
import { SwitchConnection } from './switch-connection.js';
import { SwitchRegistry } from './switch-registry.js';

export interface ControllerOptions {
  config: Config;
  /** Apps that a configuration can name; used again when it is reloaded. */
  builtIn: readonly AppDefinition[];
  /** How the configuration is read again; from its file, when absent. Rejects with ConfigError. */
  reread?: () => Promise<Config>;
  logger: Logger;
  clock?: Clock;
  /** Whether metrics of the process are among the metrics. */
  processMetrics?: boolean;
  session?: Partial<SessionOptions>;
}

export type ControllerErrorCode = 'unknown-app' | 'no-answer' | 'no-config-file';

export class ControllerError extends CodedError<ControllerErrorCode> {}

/** A running controller: switches, apps and what happens between them. */
export class Controller {
  readonly log: MessageLog<typeof HOST_MESSAGES>;
  readonly metrics: Metrics;
  readonly discovery: Discovery;
  readonly switches: SwitchRegistry;
  readonly connections: Connections;

  private config: Config;
  private readonly reread: (() => Promise<Config>) | undefined;
  private readonly apps: Apps;
  private readonly endpoints: Endpoints;
  private isStopped = false;

  private constructor(options: ControllerOptions) {
    const { config, builtIn, logger, clock = systemClock, processMetrics = false } = options;
    this.config = config;
    const { file } = config;
    this.reread = options.reread ?? (file === undefined ? undefined : () => loadConfig(file, builtIn));
    this.log = messageLog(logger, HOST_MESSAGES);
    const drops = new Occasions();
    const packetIns = new PacketInScheduler<HostConnection>({
      dropped: receiver => {
        const times = drops.count(receiver);
        if (times !== undefined) this.log.write('packet-ins-dropped', { app: receiver, times });
      },
    });
    this.metrics = new Metrics({ processMetrics });
    this.switches = new SwitchRegistry(config.foreignFlows, (sw, error) => {
      this.log.write('reconcile-failed', { switch: sw.id }, error);
    });
    const { enabled, interval, hold } = config.discovery;
    this.discovery = new Discovery(
      clock,
      { enabled, interval: interval * 1000, hold: hold * 1000 },
      this.log,
      { topologyChanged: (sw, change) => this.apps.each(app => app.topologyChanged(sw, change)) },
    );
    this.apps = new Apps({
      puntLimit: config.limits.punt,
      packetIns,
      clock,
      logger,
      log: this.log,
      metrics: this.metrics,
      switches: this.switches.connected,
      known: () => this.switches.known(),
      topology: this.discovery,
      probeFlow: enabled ? this.discovery.flow() : undefined,
    });
    this.connections = new Connections(
      { log: this.log, apps: this.apps, switches: this.switches, discovery: this.discovery, packetIns },
      connectionPolicy(config),
    );
    this.endpoints = new Endpoints(
      this.log,
      ({ remote, certificate }) => this.accept(remote, certificate),
      options.session ?? {},
    );
    addHostMetrics(this.metrics.host(), this.connections, this.discovery, this.endpoints);
  }

  /**
   * Starts every app, then opens every endpoint. Rejects with what an app threw, or with the TransportError of
   * an endpoint; nothing is left open then.
   */
  static async start(options: ControllerOptions): Promise<Controller> {
    const controller = new Controller(options);
    try {
      await controller.apps.start(options.config.apps);
      await controller.endpoints.change(options.config);
    } catch (error) {
      await controller.stop();
      throw error;
    }
    controller.log.write('controller-started', { apps: options.config.apps.length });
    return controller;
  }

  /** Ends connections and apps. Flows stay in the switches and go on forwarding. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.connections.closing();
    await this.endpoints.close();
    this.discovery.stop();
    await this.apps.stop();
    this.log.write('controller-stopped');
  }

  /** Endpoints that switches can connect to, with the port numbers that the system chose. */
  get listening(): readonly string[] {
    return this.endpoints.listening;
  }

  /** Gives a connection its handler. Endpoints call it; tests do so with connections of their own. */
  accept(peer: string, certificate?: PeerCertificate): ConnectionHandler {
    this.connections.counts.connections++;
    return new SwitchConnection(this.connections, peer, certificate);
  }

  /** Connected switches by id. */
  get connected(): ReadonlyMap<string, Switch> {
    return this.switches.connected;
  }

  appSummaries(): AppSummary[] {
    return this.apps.summaries();
  }

  /**
   * Instance name of the app that a cookie names, `host` for the controller itself, undefined for foreign
   * flows.
   */
  ownerName(cookie: bigint): string | undefined {
    const owner = ownerOfCookie(cookie);
    if (owner === undefined) return undefined;
    return owner === HOST_OWNER ? 'host' : this.apps.byOwner.get(owner)?.name;
  }

  /** Whether a flow with that cookie tells who talks to whom. */
  sealsFlow(cookie: bigint): boolean {
    const owner = ownerOfCookie(cookie);
    if (owner === undefined || !isShortLived(cookie)) return false;
    return this.apps.byOwner.get(owner)?.sealsFlows ?? false;
  }

  /** Throws ControllerError `unknown-app`, and what the app threw. Does nothing when it runs. */
  async startApp(instance: string): Promise<void> {
    await this.apps.startOne(this.appNamed(instance));
  }

  /** Ends an app and removes its flows; packets pass it by until it is started again. Throws `unknown-app`. */
  async stopApp(instance: string): Promise<void> {
    await this.apps.stopOne(this.appNamed(instance));
  }

  /**
   * Asks an app for something. Throws `unknown-app`, `no-answer` when it is stopped or takes no calls, and what
   * the app throws.
   */
  async callApp(instance: string, name: string, parameters: Json): Promise<Json> {
    const answer = await this.appNamed(instance).call(name, parameters);
    if (answer === undefined) {
      throw new ControllerError('no-answer', `The app "${instance}" is stopped, or takes no calls.`, {
        mend: 'See `cloakflow apps`.',
      });
    }
    return answer;
  }

  /** What `reload` would do now. Rejects as it does. */
  async previewReload(): Promise<ReloadReport> {
    const config = await this.readAgain();
    return reloadReport(this.config, config, this.apps.preview(config.apps), this.endpoints.preview(config));
  }

  /**
   * Reads the configuration again and applies what changed. Rejects with ConfigError, ControllerError, TransportError
   * or what an app threw at its start; the old configuration stays then.
   */
  async reload(): Promise<ReloadReport> {
    try {
      return await this.apply(await this.readAgain());
    } catch (error) {
      this.log.write('config-refused', { file: this.config.file }, error);
      throw error;
    }
  }

  /** As `reload`, with a configuration that has been read already. */
  async apply(config: Config): Promise<ReloadReport> {
    const before = this.config;
    const endpoints = await this.endpoints.change(config);
    const apps = await this.apps.change(config.apps).catch(async error => {
      await this.endpoints.change(before);
      await this.apps.change(before.apps);
      throw error;
    });
    this.config = config;
    this.connections.policy = connectionPolicy(config);
    await this.endpoints.refresh();
    this.connections.reconsider();
    const report = reloadReport(before, config, apps, endpoints);
    this.log.write('config-reloaded', {
      started: report.started.length,
      stopped: report.stopped.length,
      restarted: report.restarted.length,
      opened: report.opened.length,
      closed: report.closed.length,
    });
    return report;
  }

  private async readAgain(): Promise<Config> {
    if (this.reread !== undefined) return this.reread();
    throw new ControllerError('no-config-file', 'The controller was started without a configuration file.', {
      mend: 'Start it with one: `cloakflow run FILE`.',
    });
  }

  /** All metrics in the Prometheus text format. */
  metricsText(): Promise<string> {
    return this.metrics.text();
  }

  private appNamed(instance: string): RunningApp {
    const app = this.apps.named(instance);
    if (app === undefined) {
      throw new ControllerError('unknown-app', `No app of the configuration is named "${instance}".`, {
        mend: 'See `cloakflow apps` for those that are.',
      });
    }
    return app;
  }
}
