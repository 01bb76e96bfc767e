import type { Socket } from 'node:net';
import { CodedError } from '../../../../controller/coded-error.js';
import type { Clock } from '../../../../controller/host/index.js';
import { Frames } from './frames.js';
import { decodeFromAgent, encodeFromController } from './messages.js';

/** A secret and a request of an RSA-4096 key. */
const MESSAGE_LIMIT = 16 * 1024;

export interface Enrolment {
  /** The certificate, PEM; undefined when the invitation is not good. */
  enrol(secret: Uint8Array, request: string): Promise<string | undefined>;
  /** It has said what it wants: to be ended before the answer would cost it the invitation. */
  asked(): void;
  /** Whether it came to a certificate. */
  done(isEnrolled: boolean): void;
}

/** Serves one that has no certificate yet: one message in time, one answer, and the end. */
export function serveEnrolment(
  socket: Socket,
  { enrol, asked, done }: Enrolment,
  clock: Clock,
  patience: number,
): void {
  const frames = new Frames(MESSAGE_LIMIT);
  const timer = clock.after(patience, () => socket.destroy());
  let isAsked = false;
  let isEnrolled = false;
  const answer = async (bytes: Uint8Array) => {
    isAsked = true;
    asked();
    const { enrol: message } = decodeFromAgent(bytes);
    const certificate = message === undefined ? undefined : await enrol(message.secret, message.request);
    isEnrolled = certificate !== undefined;
    // It is not waited for: nobody has a place any more for who stays.
    socket.end(encodeFromController({ id: 0, enrolled: { certificate: certificate ?? '' } }), () =>
      socket.destroy(),
    );
  };
  socket.on('data', chunk => {
    try {
      for (const bytes of frames.push(chunk)) {
        if (isAsked) return void socket.destroy();
        answer(bytes).catch(() => socket.destroy());
      }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    timer.cancel();
    done(isEnrolled);
  });
}
