export type { AdmissionLimits } from './admission.js';
export { Connection, type ConnectionHandler, type HandlerFactory } from './connection.js';
export { type ConnectOptions, Connector, connect } from './connector.js';
export {
  DEFAULT_PORT,
  type Endpoint,
  formatEndpoint,
  isPassive,
  parseEndpoint,
  type TcpEndpoint,
  type UnixEndpoint,
  usesTls,
} from './endpoint.js';
export { Listener, type ListenOptions, listen } from './listener.js';
export { describeCertificate, type PeerCertificate } from './peer-certificate.js';
export { noCredentials, TlsCredentials, type TlsFiles } from './tls-credentials.js';
export { TransportError, type TransportErrorCode } from './transport-error.js';
export { TransportLoop } from './transport-loop.js';
