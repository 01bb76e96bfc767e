import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TenantWebOptions } from '../../../../apps/popsicl/tenant/web/tenant-web.js';

export const PSEUDONYM = '1f5fen.popsicls.test';
export const CAPABILITY = 'kX9-abcdefghijklmno_45';

export const OPTIONS: TenantWebOptions = {
  domain: 'popsicls.test',
  sites: ['shop.test', 'www.shop.test'],
  script: false,
  capabilities: {
    capabilityOf: host => (host === PSEUDONYM ? CAPABILITY : undefined),
    cloud: { linker: 'linker.popsicls.test', tenants: ['shop.test', 'bank.test'] },
  },
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly host?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

export async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The answer from its head on. */
export function open(port: number, path: string, ask: Ask = {}): Promise<IncomingMessage> {
  const { host = PSEUDONYM, method = 'GET', headers, body } = ask;
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', path, method, headers: { host, ...headers }, agent: false },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export async function get(port: number, path: string, ask: Ask = {}): Promise<Answer> {
  const answer = await open(port, path, ask);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { statusCode: status, headers, rawHeaders } = answer;
  return { status: status!, headers, rawHeaders, body, text: body.toString('utf8') };
}
