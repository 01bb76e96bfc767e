import type { Message } from '../../../controller/openflow/index.js';
import { OpenflowError } from '../../../controller/openflow/index.js';
import { Session, SessionError } from '../../../controller/session/index.js';
import { Random } from '../random.js';
import { type FuzzTarget, promise } from '../target.js';

const OUTPUT_LIMIT = 256 * 1024;
const OPTIONS = {
  outputHighWater: 16 * 1024,
  outputLimit: OUTPUT_LIMIT,
  maxPendingRequests: 16,
  maxReplyBytes: 64 * 1024,
  maxReplyParts: 64,
  errorReplyRate: 10,
};
/** One message above the limit may have been encoded before it was noticed. */
const MOST_OUTPUT = OUTPUT_LIMIT + 65_535;

const REQUESTS: readonly Message[] = [
  { type: 'barrier-request' },
  { type: 'echo-request', data: 'abcd' },
  { type: 'get-config-request' },
  { type: 'role-request', role: 'nochange', generationId: 0 },
  { type: 'multipart-request', body: { type: 'flow' } },
  { type: 'multipart-request', body: { type: 'port-desc' } },
];

/**
 * A session: whatever a switch sends, in whatever pieces and with whatever pauses, nothing is thrown, output stays
 * bounded, nothing is told after the end, the end is told once, and every call is settled by then.
 */
export const sessionTarget: FuzzTarget = {
  name: 'session',
  async run(input) {
    const random = Random.of(input);
    const run = new SessionRun();
    for (let at = 0; at < input.length; ) {
      const end = Math.min(input.length, at + chunkLength(random, input.length));
      run.receive(input.subarray(at, end));
      at = end;
      if (random.once(4)) run.pass(random.pick([0, 1, 100, 6000]));
      if (random.once(3)) run.takeOutput();
    }
    return await run.end();
  },
};

function chunkLength(random: Random, length: number): number {
  return random.pick([1, 2, 7, 8, 64, length, length]);
}

class SessionRun {
  private readonly session: Session;
  private readonly calls: Promise<unknown>[] = [];
  private readonly kinds = new Set<string>();
  private now = 1000;
  private ends = 0;
  private settled = 0;

  constructor() {
    const told = (kind: string) => {
      promise(this.ends === 0, `${kind} is told after the end`);
      this.kinds.add(kind);
    };
    this.session = new Session(
      {
        ready: session => {
          told('ready');
          for (const request of REQUESTS) this.call(session.request(request as never, { timeout: 3000 }));
          this.call(session.sendAll([{ type: 'flow-mod' }, { type: 'flow-mod', tableId: 1 }]));
        },
        packetIn: (session, view) => {
          told('packet-in');
          session.send({
            type: 'packet-out',
            actions: [{ type: 'output', port: 1 }],
            data: view.data,
          });
        },
        message: (_session, message) => told(message.type),
        malformed: (_session, error) => told(`malformed ${error.code}`),
        congested: () => {},
        output: () => {},
        closed: (_session, reason) => {
          told(`closed ${reason.code}`);
          this.ends++;
        },
      },
      OPTIONS,
      this.now,
    );
  }

  receive(bytes: Uint8Array): void {
    this.session.receive(bytes, 0, bytes.length, this.now);
    // The bytes may be reused afterwards.
    bytes.fill(0xa5);
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    this.session.tick(this.now);
  }

  takeOutput(): void {
    const length = this.session.takeOutput()?.pos ?? 0;
    promise(length <= MOST_OUTPUT, `${length} bytes of output wait`);
  }

  /** Ends the session if it lives; every call must be settled then. */
  async end(): Promise<string> {
    this.takeOutput();
    this.session.close();
    promise(this.ends === 1, `the end is told ${this.ends} times`);
    promise(this.session.deadline === Number.POSITIVE_INFINITY, 'an ended session wants to be woken');
    const cause = this.session.reason?.cause;
    if (this.session.reason?.code === 'handler-failed') throw cause;
    for (let turn = 0; turn < 100 && this.settled < this.calls.length; turn++) await Promise.resolve();
    promise(this.settled === this.calls.length, 'a call outlives its session');
    await Promise.all(this.calls);
    return [...this.kinds].sort().join();
  }

  private call(promised: Promise<unknown>): void {
    const settled = promised.then(
      () => this.settled++,
      (error: unknown) => {
        this.settled++;
        const { name } = (error as object).constructor;
        const isTyped = error instanceof SessionError || error instanceof OpenflowError;
        promise(isTyped || name === 'OpenflowReplyError', `a call is rejected with ${name}`);
      },
    );
    settled.catch(() => {});
    this.calls.push(settled);
  }
}
