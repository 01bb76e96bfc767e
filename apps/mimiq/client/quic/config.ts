import { type QuicheConfig, quiche } from './binding.js';
import { PATHS } from './paths.js';
import { type TlsOptions, trustedAuthorities } from './tls.js';

/** Bytes of the largest datagram sent, and of the largest accepted. */
export const MAX_SEND = 1350;
export const MAX_RECEIVE = 65_527;
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
  config.setApplicationProtos(['h3']);
  config.grease(true);
  config.setMaxIdleTimeout(IDLE_TIMEOUT);
  config.setMaxRecvUdpPayloadSize(MAX_RECEIVE);
  config.setMaxSendUdpPayloadSize(MAX_SEND);
  config.setInitialMaxData(10 << 20);
  config.setInitialMaxStreamDataBidiLocal(4 << 20);
  config.setInitialMaxStreamDataBidiRemote(0);
  config.setInitialMaxStreamDataUni(1 << 20);
  config.setInitialMaxStreamsBidi(0);
  config.setInitialMaxStreamsUni(16);
  config.setMaxConnectionWindow(CONNECTION_WINDOW);
  config.setMaxStreamWindow(STREAM_WINDOW);
  config.setActiveConnectionIdLimit(PATHS);
  config.setDisableActiveMigration(false);
  config.enablePacing(false);
  return config;
}
