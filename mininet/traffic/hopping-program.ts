/**
 * `node hopping-program.js REQUEST`: an application that makes requests over a hopping client; prints `halfway` in the middle,
 * and a report as JSON at the end. Several of them, as a JSON array, are made at once, and their reports are an array too.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AddressSource,
  AgentAddresses,
  ClientError,
  MimiqClient,
  parseStrategy,
  StaticAddresses,
} from '../../apps/mimiq/client/index.js';
import { QUIC_NAME, QUIC_PORT } from './quic-server.js';

export interface RunRequest {
  remote: string;
  port?: number;
  authority: string;
  /** Where addresses come from: these, or the agent at this path. */
  addresses?: readonly string[];
  agent?: string;
  strategy: string;
  /** Path and number of requests, one after the other on each connection. */
  path: string;
  requests: number;
  connections?: number;
  /** Milliseconds that a handshake may take. */
  connectTimeout?: number;
  /** Milliseconds between two of them. */
  pauseMs?: number;
  method?: string;
  /** Bytes of the request's body. */
  upload?: number;
}

export interface RunReport {
  /** Checksums of the bodies, with how many had them. */
  bodies: Record<string, number>;
  failed: Record<string, number>;
  hops: number;
  refused: Record<string, number>;
  baselinePackets: number;
  /** Milliseconds of all requests, and of each. */
  total: number;
  latencies: number[];
  /** Hops made by the end of each request, where there is one connection. */
  hopsAfter: number[];
}

const asked = JSON.parse(process.argv[2]!) as RunRequest | RunRequest[];
const reports = await Promise.all([asked].flat().map(each => run(each)));
process.stdout.write(`${JSON.stringify(Array.isArray(asked) ? reports : reports[0])}\n`);
process.exit(0);

async function run(request: RunRequest): Promise<RunReport> {
  const report: RunReport = {
    bodies: {},
    failed: {},
    hops: 0,
    refused: {},
    baselinePackets: 0,
    total: 0,
    latencies: [],
    hopsAfter: [],
  };
  const addresses =
    request.agent === undefined
      ? new StaticAddresses(request.addresses ?? [])
      : new AgentAddresses(request.agent);
  const began = performance.now();
  const connections = Array.from({ length: request.connections ?? 1 });
  await Promise.all(connections.map(() => oneConnection(request, addresses, report)));
  report.total = performance.now() - began;
  return report;
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

async function oneConnection(
  request: RunRequest,
  addresses: AddressSource,
  report: RunReport,
): Promise<void> {
  const { remote, port = QUIC_PORT } = request;
  const client = new MimiqClient({
    addresses,
    tls: { authorities: readFileSync(request.authority) },
    resolve: new Map([[`${QUIC_NAME}:${port}`, [remote]]]),
    strategies: { default: parseStrategy(request.strategy), destinations: [] },
    refused: error => count(report.refused, error.code),
    ...(request.connectTimeout && { connectTimeout: request.connectTimeout }),
  });
  for (let index = 0; index < request.requests; index++) {
    if (index === request.requests >> 1) process.stdout.write('halfway\n');
    const start = performance.now();
    try {
      const upload = request.upload === undefined ? {} : { body: new Uint8Array(request.upload) };
      const method = request.method === undefined ? {} : { method: request.method };
      const response = await client.request(`https://${QUIC_NAME}:${port}/${request.path}`, {
        ...method,
        ...upload,
      });
      const hash = createHash('sha256');
      for await (const chunk of response.body) hash.update(chunk);
      count(report.bodies, `${response.status} ${hash.digest('hex')}`);
    } catch (error) {
      count(report.failed, error instanceof ClientError ? `${error.code}: ${error.message}` : String(error));
    }
    report.latencies.push(performance.now() - start);
    report.hopsAfter.push((await client.hops()).made);
    if (request.pauseMs !== undefined) await sleep(request.pauseMs);
  }
  const hops = await client.hops();
  report.hops += hops.made;
  report.baselinePackets += hops.baselinePackets;
  await client.close();
}
