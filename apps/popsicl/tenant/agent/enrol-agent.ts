import { timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { generateKeyPair, privateKeyPem } from '../../pki/key-pair.js';
import { makeRequest } from '../../pki/make-request.js';
import { toPem } from '../../pki/pem.js';
import { ChannelError } from '../channel/channel-error.js';
import { CONTROLLER_NAME } from '../channel/control-authority.js';
import { Frames } from '../channel/frames.js';
import { fingerprintOf, parseToken } from '../channel/invitation-token.js';
import { decodeFromController, encodeFromAgent } from '../channel/messages.js';

export interface EnrolOptions {
  readonly controller: { readonly host: string; readonly port: number };
  /** Where the credentials go; none of the files may be there. */
  readonly credentials: { readonly certificate: string; readonly key: string; readonly authority: string };
  /** As `cloakflow popsicl invite` printed it. */
  readonly token: string;
}

const MESSAGE_LIMIT = 64 * 1024;
const PATIENCE = 20_000;

/**
 * Gets the agent's certificate from the controller for an invitation. The key is made here and stays here. The controller is
 * believed because of the fingerprint in the token, before anything of the token is told.
 *
 * @throws ChannelError `bad-invitation`, `bad-credentials`, `controller-unreachable`; system errors of the files pass
 */
export async function enrolAgent({ controller, credentials, token }: EnrolOptions): Promise<void> {
  const { fingerprint, secret } = parseToken(token);
  await prepare(Object.values(credentials));
  const authorityPem = await authorityOf(controller);
  if (!timingSafeEqual(fingerprintOf(authorityPem), fingerprint)) {
    throw new ChannelError('bad-credentials', 'what answers is not the controller that invited', {
      mend: 'Look at `controller` in the configuration; or ask for a new invitation.',
    });
  }
  const keys = await generateKeyPair('ecdsa-p256');
  const certificate = await ask(controller, authorityPem, secret, await makeRequest(keys));
  // The certificate comes last: what a crash leaves is no credential.
  await writeNew(credentials.key, await privateKeyPem(keys.privateKey), 0o600);
  await writeNew(credentials.authority, authorityPem, 0o644);
  await writeNew(credentials.certificate, certificate, 0o644);
}

/** Makes the folders, and sees that nothing is overwritten: the token is good once. */
async function prepare(files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    if (!existsSync(file)) continue;
    throw new ChannelError('bad-credentials', `${file} is there already, without all that belongs to it`, {
      mend: 'If it is what an earlier attempt left, remove it.',
    });
  }
}

/** Certificate of the authority that the controller shows, PEM, not to be believed yet. */
async function authorityOf(controller: EnrolOptions['controller']): Promise<string> {
  const socket = connect({ ...controller, servername: CONTROLLER_NAME, rejectUnauthorized: false });
  return within(socket, done => {
    socket.on('secureConnect', () => {
      const issuer = socket.getPeerCertificate(true).issuerCertificate;
      if (issuer !== undefined) done(toPem('CERTIFICATE', issuer.raw));
      else socket.destroy();
    });
  });
}

async function ask(
  controller: EnrolOptions['controller'],
  ca: string,
  secret: Uint8Array,
  request: string,
): Promise<string> {
  const socket = connect({ ...controller, ca, servername: CONTROLLER_NAME, minVersion: 'TLSv1.3' });
  const frames = new Frames(MESSAGE_LIMIT);
  const certificate = await within<string>(socket, done => {
    socket.on('secureConnect', () => socket.write(encodeFromAgent({ id: 0, enrol: { secret, request } })));
    socket.on('data', chunk => {
      try {
        for (const bytes of frames.push(chunk)) done(decodeFromController(bytes).enrolled?.certificate ?? '');
      } catch {
        socket.destroy();
      }
    });
  });
  if (certificate !== '') return certificate;
  throw notInvited();
}

/** The first thing that `work` gets from the socket. A controller that invites nobody closes without a word. */
function within<T>(socket: TLSSocket, work: (done: (value: T) => void) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let isConnected = false;
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.once('secureConnect', () => {
      isConnected = true;
    });
    socket.on('error', () => {});
    socket.on('close', () => reject(isConnected ? notInvited() : unreachable()));
    work(value => {
      resolve(value);
      socket.destroy();
    });
  });
}

function notInvited(): ChannelError {
  return new ChannelError('bad-invitation', 'the controller does not take this invitation', {
    mend: 'It may be used once, and not for long: ask for a new one (`cloakflow popsicl invite DOMAIN`).',
  });
}

function unreachable(): ChannelError {
  return new ChannelError('controller-unreachable', 'the controller cannot be reached', {
    mend: 'Look at `controller` in the configuration, and whether `tenantChannel` is in the controller’s.',
  });
}

async function writeNew(path: string, content: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
