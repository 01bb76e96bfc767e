import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { DhcpFigures, MimiqBenchmark } from '../../bench/mimiq/benchmark.js';
import { readReport } from '../../bench/mimiq/perfdhcp.js';
import { mimiqChart, mimiqMarkdownReport } from '../../bench/mimiq/report.js';
import { mimiqTargets } from '../../bench/mimiq/targets.js';

const one = (value: number) => ({ median: value, min: value, max: value, runs: 1 });
const file = (name: string) => new URL(`../../../../docs/benchmarks/${name}`, import.meta.url);

describe("MIMIQ's benchmark", () => {
  const dhcp = (server: DhcpFigures['figures'][number]['server'], offered: number, ratio?: number) => ({
    ...{ server, offered, completed: one(offered), lostShare: one(0), cpuMicroseconds: one(50) },
    ...{ offerMilliseconds: one(0.1), acknowledgeMilliseconds: one(0.2) },
    ...(ratio === undefined ? {} : { completedRatio: one(ratio), latencyRatio: one(ratio) }),
  });
  const allocations = (rules: boolean, perSecond: number) => ({
    ...{ rules, addressesPerSecond: one(perSecond), medianMilliseconds: one(5), p99Milliseconds: one(9) },
  });
  const result: MimiqBenchmark = {
    command: 'npm run bench -- mimiq',
    date: '2026-01-01',
    rounds: 1,
    machine: {
      ...{ processor: 'a processor', cores: 2, memoryGiB: 1, kernel: '6.8', node: '20', cloakflow: '1' },
      versions: {},
    },
    allocations: {
      ...{ addresses: 60_000, perRequest: 32, outstanding: 128 },
      figures: [allocations(true, 19_000), allocations(false, 40_000)],
    },
    dhcp: {
      seconds: 4,
      rates: [1000, 8000],
      figures: [
        dhcp('cloakflow', 1000),
        dhcp('Kea', 1000, 1.5),
        dhcp('cloakflow', 8000),
        dhcp('Kea', 8000, 1.5),
      ],
    },
    forwarding: { seconds: 3, figures: [] },
  };

  it('judges what was measured, and says nothing of a server that was not there', () => {
    expect(mimiqTargets(result).map(({ claim, reached }) => [claim.slice(0, 12), reached])).to.deep.equal([
      ['addresses a ', false],
      ['DHCP leases ', true],
      ['DHCP latency', false],
    ]);
    expect(mimiqMarkdownReport(result)).to.include(
      '| DHCP leases at 8000/s, against Kea | at least 1 x | 1.5 x | reached |',
    );
    expect(mimiqChart(result)).to.include('with rules confirmed').and.not.include('durable');
  });

  it('gives the same chart for the same figures, however many there were before', () => {
    expect(mimiqChart(result)).to.equal(mimiqChart(result));
  });

  it('is documented figure by figure as its JSON says', function () {
    if (!existsSync(file('mimiq.json'))) this.skip();
    const documented = JSON.parse(readFileSync(file('mimiq.json'), 'utf8')) as MimiqBenchmark;
    expect(readFileSync(file('mimiq.md'), 'utf8')).to.equal(mimiqMarkdownReport(documented));
    expect(readFileSync(file('mimiq.svg'), 'utf8')).to.equal(mimiqChart(documented));
  });

  it('reads what perfdhcp prints', () => {
    const text = [
      'Rate: 90 4-way exchanges/second, expected rate: 100',
      '***Statistics for: DISCOVER-OFFER***',
      'sent packets: 200\nreceived packets: 199\ndrops: 1\navg delay: 0.25 ms',
      '***Statistics for: REQUEST-ACK***',
      'sent packets: 200\nreceived packets: 196\ndrops: 3\navg delay: 1.5 ms',
    ].join('\n');
    const rate = readReport(text, { offered: 100, seconds: 2, cpuSeconds: 0.49 });
    expect(rate).to.deep.equal({
      ...{ offered: 100, completed: 98, lost: 0.01, cpuSeconds: 0.0025 },
      ...{ offerDelay: 0.25, acknowledgeDelay: 1.5 },
    });
  });
});
