import { figure, spreadText } from '../../../mininet/report/figures.js';
import { type Section, targetSection } from '../report/section.js';
import type { BulkFigures, GridFigures, MimiqClientBenchmark, StockFigures } from './benchmark.js';
import { mimiqClientTargets } from './targets.js';

/** The whole report, from the figures alone. */
export function mimiqClientSections(result: MimiqClientBenchmark): Section[] {
  return [
    targetSection(
      'What hopping clients should reach, and what they reached in this run.',
      mimiqClientTargets(result),
    ),
    grid(result.grid, result.rounds),
    bulk(result.bulk, result.rounds),
    stock(result.stock, result.rounds),
  ];
}

function grid({ requests, figures }: GridFigures, rounds: number): Section {
  return {
    title: 'Requests while the address changes',
    text:
      `The paper's experiment (its Figure 3): ${requests} requests for 2.7 kB, one after the other over one connection to ` +
      'gtlsserver, behind a delay line, after 10 that do not count; migrations at fixed packet intervals, each to an address, a ' +
      `port and a connection ID never used before. ${rounds} rounds. Packets are those that the connection takes without ` +
      'migrations; where fewer migrations were made than asked for, a new one would have begun before the one before it was done, or ' +
      'linked two addresses. Added milliseconds are those of the median migration, in the request in which it takes place and in the ' +
      'next, over the median request without migrations.',
    table: {
      titles: [
        'round trip',
        'asked of 100',
        'made of 100',
        'kB/s',
        'of none',
        'added, ms',
        'median request, ms',
      ],
      rows: figures.map(each => [
        `${each.roundTripMs} ms`,
        String(each.asked),
        figure(each.made.median),
        spreadText(each.kilobytesPerSecond),
        `${spreadText(each.ratio)} x`,
        each.addedMilliseconds === undefined ? '' : spreadText(each.addedMilliseconds),
        figure(each.medianMilliseconds.median),
      ]),
    },
  };
}

function bulk({ megabytes, roundTripMs, ...each }: BulkFigures, rounds: number): Section {
  return {
    title: 'One large body',
    text:
      `Mbit/s of ${megabytes} MB from gtlsserver at ${roundTripMs} ms, handshake included: by ngtcp2's own client (the whole ` +
      `life of its process), by cloakflow without hops, and with hops at random every 200 to 400 packets; ${rounds} rounds, taking turns.`,
    table: {
      titles: ['', 'Mbit/s', 'ratio'],
      rows: [
        ['gtlsclient', spreadText(each.gtlsclient), ''],
        ['cloakflow', spreadText(each.cloakflow), `${spreadText(each.ratio)} x gtlsclient`],
        [
          `cloakflow, ${figure(each.hops.median)} hops`,
          spreadText(each.hopping),
          `${spreadText(each.hoppingRatio)} x without hops`,
        ],
      ],
    },
  };
}

function stock({ taken, medianMilliseconds, p99Milliseconds }: StockFigures, rounds: number): Section {
  return {
    title: 'An address from the agent',
    text: `Milliseconds from the application's request to an address that is on the interface, ${taken} in a round, one every 20 ms; ${rounds} rounds.`,
    table: {
      titles: ['median, ms', 'p99, ms'],
      rows: [[spreadText(medianMilliseconds), spreadText(p99Milliseconds)]],
    },
  };
}
