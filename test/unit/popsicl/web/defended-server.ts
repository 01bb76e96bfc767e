import { createServer, type RequestListener, type Server } from 'node:http';
import { protect } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { listening, OPTIONS } from './web-client.js';

/** Bytes of the largest piece. */
export const LARGEST = 64 * 1024;

/** A server of pseudonyms with the traffic-analysis defence; each test says what it answers. */
export class DefendedServer {
  listener: RequestListener = (_request, response) => response.end();
  port = 0;
  private readonly server: Server;

  constructor() {
    this.server = protect(
      createServer((request, response) => this.listener(request, response)),
      { ...OPTIONS, script: true, defence: { largest: LARGEST } },
    );
  }

  async start(): Promise<void> {
    this.port = await listening(this.server);
  }

  stop(): void {
    this.server.close();
  }
}
