import { createWriteStream, type WriteStream } from 'node:fs';
import { basename } from 'node:path';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import { ClientError } from '../client/client-error.js';
import type { HopCounts } from '../client/hopping-connection.js';
import type { Response } from '../client/http3/request-stream.js';

export interface FetchOutputOptions {
  readonly output?: string;
  readonly remoteName?: boolean;
  readonly include?: boolean;
  readonly head?: boolean;
  readonly fail?: boolean;
  readonly json?: boolean;
}

/** Where the answers of one command go. */
export class FetchOutput {
  /** True once something of the answer to the current request was written. */
  begun = false;
  private readonly options: FetchOutputOptions;
  private readonly invocation: Invocation;
  private readonly reports: object[] = [];
  private shared: WriteStream | undefined;

  constructor(options: FetchOutputOptions, invocation: Invocation) {
    this.options = options;
    this.invocation = invocation;
  }

  /** Rejects with ClientError when the body does not come whole. */
  async take(url: string, response: Response): Promise<void> {
    const { include, head, fail, json, remoteName } = this.options;
    this.begun = false;
    const failed = fail === true && response.status >= 400;
    const file = remoteName ? createWriteStream(remoteNameOf(url)) : this.sharedFile();
    const target = file ?? (json ? undefined : this.invocation.stdout);
    const put = async (bytes: Uint8Array | string) => {
      this.begun = true;
      if (target !== undefined) await write(target, bytes);
    };
    if ((include || head) && !json) {
      const lines = response.headers.map(([name, value]) => `${name}: ${value}\r\n`);
      await put(`HTTP/3 ${response.status}\r\n${lines.join('')}\r\n`);
    }
    let bytes = 0;
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (!failed) await put(chunk);
    }
    if (remoteName && file !== undefined) await ended(file);
    this.reports.push({ url, status: response.status, headers: response.headers, bytes });
    this.begun = false;
  }

  async finish(hops: HopCounts): Promise<void> {
    if (this.options.json) await writeJson(this.invocation, { responses: this.reports, hops });
  }

  async close(): Promise<void> {
    if (this.shared !== undefined) await ended(this.shared);
  }

  private sharedFile(): WriteStream | undefined {
    if (this.options.output === undefined) return undefined;
    this.shared ??= createWriteStream(this.options.output);
    return this.shared;
  }
}

function remoteNameOf(url: string): string {
  const name = basename(new URL(url).pathname);
  if (name === '')
    throw new ClientError('bad-url', '-O needs a URL that ends with a name', { mend: 'use -o FILE' });
  return name;
}

function ended(file: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    file.once('error', reject);
    file.end(() => resolve());
  });
}
