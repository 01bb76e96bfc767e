/* Certificate, key and client anchor by SNI, for any program that uses OpenSSL's SSL_CTX. */
#pragma once
#include <openssl/ssl.h>

#include "name.h"
#include "store.h"

/* Once a process. 0 without memory. */
int handshake_prepare(void);

/* Before this code leaves a process that goes on: OpenSSL would call it for every SSL that is freed. */
void handshake_end(void);

/* Lets a context choose by SNI from a store: a client gets through with a certificate that the anchor of its SNI's
 * pseudonym vouches for, and with no other. Every other SNI, and none, gets the context's own certificate as a decoy and
 * the alerts that a client of another pseudonym gets. 0 when OpenSSL refuses. */
int handshake_serve(SSL_CTX *context, struct store *store);

/* No session of the context can be resumed: a resumed one would pass by the certificates. 0 when OpenSSL refuses. */
int handshake_forbid_resumption(SSL_CTX *context);

/* The pseudonym that the peer of a finished handshake has proven to own; NULL where there is none. Compares the issuer
 * of its certificate once more. */
const char *handshake_pseudonym(const SSL *ssl);
