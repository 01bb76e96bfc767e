/** MAC, IPv4 and IPv6 addresses as numbers or bytes inside and as text at the edge. Pure. */
export * from './ipv4.js';
export * from './ipv6.js';
export * from './mac.js';
