import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/**
 * Metrics of one owner. Values are read when somebody asks for them, so that counting costs one addition to a
 * plain number on the hot path. Names get the prefix `cloakflow_<app>_`; counters end in `_total`.
 */
export interface OwnerMetrics {
  counter(name: string, help: string, read: () => number): void;
  gauge(name: string, help: string, read: () => number): void;
}

interface Family {
  kind: 'counter' | 'gauge';
  readers: Map<string, () => number>;
}

/** All metrics of one controller; nothing is shared between two controllers of one process. */
export class Metrics {
  readonly registry = new Registry();
  private readonly families = new Map<string, Family>();

  constructor(options: { processMetrics?: boolean } = {}) {
    if (options.processMetrics ?? false) {
      collectDefaultMetrics({ register: this.registry, prefix: 'cloakflow_' });
    }
  }

  /** Metrics of the controller itself: one value each. */
  host(): OwnerMetrics {
    return this.owner('controller', undefined);
  }

  /** Metrics of one app instance; instances of one app share names and differ by the label `app`. */
  app(appName: string, instance: string): OwnerMetrics & { dispose(): void } {
    return this.owner(appName.replaceAll('-', '_'), instance);
  }

  /** All values in the Prometheus text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private owner(prefix: string, instance: string | undefined): OwnerMetrics & { dispose(): void } {
    const mine: string[] = [];
    const label = instance ?? '';
    const add = (kind: Family['kind'], name: string, help: string, read: () => number) => {
      const full = `cloakflow_${prefix}_${name}`;
      this.familyOf(full, kind, help, instance !== undefined).readers.set(label, read);
      mine.push(full);
    };
    return {
      counter: (name, help, read) => add('counter', name, help, read),
      gauge: (name, help, read) => add('gauge', name, help, read),
      dispose: () => {
        for (const name of mine) {
          const family = this.families.get(name)!;
          family.readers.delete(label);
          if (family.readers.size > 0) continue;
          this.families.delete(name);
          this.registry.removeSingleMetric(name);
        }
        mine.length = 0;
      },
    };
  }

  private familyOf(name: string, kind: Family['kind'], help: string, labelled: boolean): Family {
    const existing = this.families.get(name);
    if (existing !== undefined) {
      if (existing.kind !== kind) throw new Error(`metric ${name} is a ${existing.kind}`);
      return existing;
    }
    const family: Family = { kind, readers: new Map() };
    const labelNames = labelled ? ['app'] : [];
    const common = { name, help, labelNames, registers: [this.registry] };
    const labelsOf = (label: string): Record<string, string> => (labelled ? { app: label } : {});
    if (kind === 'counter') {
      new Counter({
        ...common,
        collect() {
          this.reset();
          for (const [label, read] of family.readers) this.inc(labelsOf(label), read());
        },
      });
    } else {
      new Gauge({
        ...common,
        collect() {
          this.reset();
          for (const [label, read] of family.readers) this.set(labelsOf(label), read());
        },
      });
    }
    this.families.set(name, family);
    return family;
  }
}
