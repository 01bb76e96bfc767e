import { type QuicheConfig, quiche } from './binding.js';
import { ID_LIMIT, PATHS } from './paths.js';
import { type TlsOptions, trustedAuthorities } from './tls.js';

/** Bytes of the largest datagram sent, and of the largest accepted. */
export const MAX_SEND = 1350;
const MAX_RECEIVE = 65_527;
const IDLE_TIMEOUT = 30_000;
const CONNECTION_WINDOW = 24 << 20;
const STREAM_WINDOW = 16 << 20;
/** What BoringSSL takes of what servers sign with. */
const SIGNATURE_ALGORITHMS = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
].join(':');

/** Transport parameters and TLS of a connection for HTTP/3; it can be used for any number of connections. */
export function clientConfig(tls: TlsOptions): QuicheConfig {
  const verify = tls.insecure !== true;
  const authorities = verify ? trustedAuthorities(tls) : null;
  const config = quiche().Config.withBoringSslCtx(
    verify,
    false,
    authorities,
    null,
    null,
    SIGNATURE_ALGORITHMS,
  );
  setTransport(config);
  config.setInitialMaxStreamsBidi(0);
  config.setInitialMaxStreamDataBidiRemote(0);
  config.setActiveConnectionIdLimit(ID_LIMIT);
  config.setDisableActiveMigration(false);
  return config;
}

/** Transport parameters and TLS of a server for HTTP/3. Throws Error when certificate and key do not fit. */
export function serverConfig(options: {
  certificate: Uint8Array;
  key: Uint8Array;
  disableMigration?: boolean;
}): QuicheConfig {
  const { certificate, key, disableMigration = false } = options;
  const config = quiche().Config.withBoringSslCtx(false, true, null, [key], [certificate], null);
  setTransport(config);
  config.setInitialMaxStreamsBidi(100);
  config.setInitialMaxStreamDataBidiRemote(1 << 20);
  config.setActiveConnectionIdLimit(PATHS);
  config.setDisableActiveMigration(disableMigration);
  return config;
}

function setTransport(config: QuicheConfig): void {
  config.setApplicationProtos(['h3']);
  config.grease(true);
  config.setMaxIdleTimeout(IDLE_TIMEOUT);
  config.setMaxRecvUdpPayloadSize(MAX_RECEIVE);
  config.setMaxSendUdpPayloadSize(MAX_SEND);
  config.setInitialMaxData(10 << 20);
  config.setInitialMaxStreamDataBidiLocal(4 << 20);
  config.setInitialMaxStreamDataUni(1 << 20);
  config.setInitialMaxStreamsUni(16);
  config.setMaxConnectionWindow(CONNECTION_WINDOW);
  config.setMaxStreamWindow(STREAM_WINDOW);
  config.enablePacing(false);
}
