/* What a server needs for one pseudonym, from one PEM file: private key, client trust anchor, server certificate, chain. */
#pragma once
#include <openssl/ssl.h>
#include <sys/stat.h>

struct bundle {
    EVP_PKEY *key;
    X509 *certificate;
    STACK_OF(X509) *chain;
    X509_STORE *anchors; /* the one anchor */
    X509_NAME *issuer;   /* its subject: the issuer of the client's certificate */
};

enum bundle_result { BUNDLE_READ, BUNDLE_ABSENT, BUNDLE_BROKEN };

/* Reads and checks the bundle of `name` at `path`; `identity` is that of the file read. What is not BUNDLE_READ leaves
 * nothing to free. */
enum bundle_result bundle_read(struct bundle *bundle, const char *path, const char *name, struct stat *identity);
void bundle_free(struct bundle *bundle);
