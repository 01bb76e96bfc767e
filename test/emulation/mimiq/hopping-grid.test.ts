import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { RunReport } from '../../../mininet/traffic/hopping-program.js';
import { observe } from '../../../mininet/traffic/quic-observer.js';
import { quicServerProgram } from '../../../mininet/traffic/quic-server.js';
import { HoppingNetwork } from './hopping-network.js';

/** Hops of 100 baseline packets: the paper's (section 4), one for each client. */
const FREQUENCIES: Readonly<Record<string, number>> = { c1: 1, c2: 2, c3: 4, c4: 10, c5: 20, c6: 50 };
const ROUND_TRIPS = [10, 30, 50];
const LOSSES = ['0%', '10%'];
const FAMILIES = [4, 6] as const;
/** Of each cell, and requests of each of them, one after the other: enough for a hop to be due at the lowest frequency. */
const CONNECTIONS = 2;
const REQUESTS = 58;
/** Baseline packets of a cell: a request of 2.7 kB is a little more than two. */
const PACKETS = CONNECTIONS * 124;
/** Part of the hops asked for that is made at least: one takes a round trip, and what is lost takes another. */
const LEAST_PART = 0.25;
/** Fewer than that where packets are lost: of the four at the lowest frequency each fails once in 20 times, for want of an answer. */
const LUCK = 2;

interface Cell {
  family: 4 | 6;
  frequency: number;
  report: RunReport;
}

describe('the whole grid of the paper, through the network of MIMIQ', () => {
  let all: HoppingNetwork;
  before(async function () {
    if (quicServerProgram() === undefined) this.skip();
    all = await HoppingNetwork.start();
    for (const name of Object.keys(FREQUENCIES))
      await all.startAgent(name, '--family', '46', '--stock', '32');
  });
  after(async () => all?.[Symbol.asyncDispose]());

  /** All clients at once, each at its frequency over both families, while the network is what it is. */
  const cells = async (): Promise<Cell[]> => {
    const ofClients = Object.entries(FREQUENCIES).map(async ([name, frequency]) => {
      const strategy = `every:${100 / frequency}`;
      const request = {
        path: 'small',
        requests: REQUESTS,
        connections: CONNECTIONS,
        connectTimeout: 60_000,
        strategy,
      };
      const reports = await all.runAll(
        name,
        FAMILIES.map(family => ({ family, ...request })),
      );
      return reports.map((report, index) => ({ family: FAMILIES[index]!, frequency, report }));
    });
    return (await Promise.all(ofClients)).flat();
  };

  for (const roundTrip of ROUND_TRIPS) {
    for (const loss of LOSSES) {
      it(`no request fails and no byte is wrong at ${roundTrip} ms and ${loss} loss each way, at any frequency, over both families`, async () => {
        await all.shape(roundTrip, loss);
        let found: Cell[] = [];
        const outside = await all.observe(async () => {
          found = await cells();
        });
        const body = `200 ${createHash('sha256').update(all.files.small).digest('hex')}`;
        for (const { family, frequency, report } of found) {
          const where = `IPv${family}, ${frequency} hops of 100 packets`;
          expect(report.failed, where).to.deep.equal({});
          expect(report.bodies, where).to.deep.equal({ [body]: REQUESTS * CONNECTIONS });
        }
        for (const frequency of Object.values(FREQUENCIES)) {
          const hops = found.reduce(
            (sum, cell) => sum + (cell.frequency === frequency ? cell.report.hops : 0),
            0,
          );
          const asked = (FAMILIES.length * PACKETS * frequency) / 100;
          const least = asked * LEAST_PART - (loss === '0%' ? 0 : LUCK);
          expect(hops, `hops at ${frequency} of 100 packets`).to.be.at.least(least);
        }
        expect(observe(outside).linkingIds).to.deep.equal([]);
      });
    }
  }
});
