import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { RunningCommand } from '../../../mininet/driver/index.js';
import { NginxProcess, selfSigned } from '../../live/popsicl/tenant/nginx-process.js';
import { CLOUD, type Kit, KitMaker, temporaryFolder } from '../../live/popsicl/tenant/pseudonym-kit.js';
import { visit } from '../../live/popsicl/tenant/tls-client.js';

const MODULE = fileURLToPath(new URL('../../../../native/build/ngx_http_popsicl_module.so', import.meta.url));
const NODE_SERVER = fileURLToPath(
  new URL('../../live/popsicl/tenant/node-server-program.js', import.meta.url),
);
/** Handshakes of which the median is taken. */
const HANDSHAKES = 100;

export interface ManyPseudonymsOptions {
  /** Pseudonyms that the server has. */
  names: number;
  /** Those that are visited, more than fit into its memory. */
  visited: number;
  progress?: (text: string) => void;
}

export interface ServerFigures {
  server: 'nginx, one block' | 'Node';
  names: number;
  visited: number;
  /** Milliseconds from the start of the process until it answers. */
  start: number;
  /** MiB of the process that serves (proportional set size), before and after the visits. */
  memoryBefore: number;
  memoryAfter: number;
  /** Milliseconds of a visit: handshake and one request; medians of pseudonyms not in memory, and in it. */
  firstVisit: number;
  warmVisit: number;
}

/** Memory and handshakes of web servers with many pseudonyms. */
export async function measureManyPseudonyms(options: ManyPseudonymsOptions): Promise<ServerFigures[]> {
  const { progress = () => {} } = options;
  const folder = temporaryFolder();
  try {
    progress(`making ${options.names} pseudonyms`);
    const kits = await fill(join(folder, 'store'), options);
    const figures: ServerFigures[] = [];
    for (const server of ['nginx, one block', 'Node'] as const) {
      progress(`visiting ${options.visited} of them: ${server}`);
      figures.push(await measure(server, folder, kits, options));
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Real pseudonyms for those that are visited; the others are files of the same size. */
async function fill(store: string, { names, visited }: ManyPseudonymsOptions): Promise<Kit[]> {
  const maker = await KitMaker.create();
  const folder = new PseudonymFolder(store);
  const kits: Kit[] = [];
  for (let index = 0; index < visited; index++) kits.push(await maker.make(`visited${index}`));
  for (const kit of kits) await folder.put(kit.material);
  mkdirSync(store, { recursive: true });
  const content = readFileSync(join(store, `${kits[0]!.name}.pem`));
  for (let index = visited; index < names; index++)
    writeFileSync(join(store, `other${index}.${CLOUD}.pem`), content);
  return kits;
}

async function measure(
  server: ServerFigures['server'],
  folder: string,
  kits: readonly Kit[],
  { names, visited }: ManyPseudonymsOptions,
): Promise<ServerFigures> {
  const began = performance.now();
  await using running = await (server === 'Node' ? startNode(folder) : startNginx(folder));
  const start = performance.now() - began;
  const memoryBefore = memoryOf(running.pid);
  const first: number[] = [];
  for (const kit of kits) first.push(await timed(running.port, kit));
  const warm: number[] = [];
  const recent = kits.at(-1)!;
  for (let index = 0; index < HANDSHAKES; index++) warm.push(await timed(running.port, recent));
  return {
    ...{ server, names, visited, start, memoryBefore, memoryAfter: memoryOf(running.pid) },
    ...{ firstVisit: median(first), warmVisit: median(warm) },
  };
}

async function timed(port: number, { name, client }: Kit): Promise<number> {
  const began = performance.now();
  const { status } = await visit({ port, name, client });
  if (status !== 200) throw new Error('a visit failed');
  return performance.now() - began;
}

interface Running extends AsyncDisposable {
  port: number;
  /** Of the process that serves. */
  pid: number;
}

async function startNginx(folder: string): Promise<Running> {
  const decoy = selfSigned(folder, 'decoy');
  const nginx = await NginxProcess.start(
    port => `server {
      listen 127.0.0.1:${port} ssl; server_name *.${CLOUD};
      ssl_certificate ${decoy.cert}; ssl_certificate_key ${decoy.key};
      popsicl_store ${folder}/store;
      location / { return 200 "here"; }
    }`,
    { main: `load_module ${MODULE};`, folder },
  );
  const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8');
  const dispose = () => nginx[Symbol.asyncDispose]();
  return { port: nginx.port, pid: Number(children.trim().split(' ')[0]), [Symbol.asyncDispose]: dispose };
}

async function startNode(folder: string): Promise<Running> {
  const decoy = selfSigned(folder, 'decoy');
  const words = [NODE_SERVER, join(folder, 'store'), decoy.cert, decoy.key, '1000'];
  const command = await RunningCommand.spawn([process.execPath, ...words]);
  const [, port] = await command.printed(/port (\d+)/);
  const dispose = async () => void (await command.stop());
  return { port: Number(port), pid: command.pid, [Symbol.asyncDispose]: dispose };
}

/** Proportional set size in MiB. */
export function memoryOf(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))![1];
  return Number(kibibytes) / 1024;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
