#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#define BUNDLE_BYTES (64 * 1024)
#define CHAIN_LENGTH 8

/* An encrypted key is no key: nobody is there to ask. */
static int no_password(char *buffer, int size, int writing, void *data)
{
    (void)buffer, (void)size, (void)writing, (void)data;
    return -1;
}

static enum bundle_result read_file(const char *path, char *buffer, size_t *length, struct stat *identity)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return errno == ENOENT ? BUNDLE_ABSENT : BUNDLE_BROKEN;
    enum bundle_result result = BUNDLE_BROKEN;
    *length = 0;
    if (fstat(file, identity) == 0 && S_ISREG(identity->st_mode) && identity->st_size <= BUNDLE_BYTES) {
        ssize_t count;
        while (*length < BUNDLE_BYTES && (count = read(file, buffer + *length, BUNDLE_BYTES - *length)) != 0) {
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) break;
            *length += (size_t)count;
        }
        if (*length == (size_t)identity->st_size) result = BUNDLE_READ;
    }
    (void)close(file);
    return result;
}

static int read_chain(struct bundle *bundle, BIO *bio)
{
    if ((bundle->chain = sk_X509_new_null()) == NULL) return 0;
    for (;;) {
        X509 *certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
        if (certificate == NULL) break;
        if (sk_X509_num(bundle->chain) == CHAIN_LENGTH || !sk_X509_push(bundle->chain, certificate)) {
            X509_free(certificate);
            return 0;
        }
    }
    int end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return end;
}

/* The anchor goes into a store of its own: the cloud's CA must not vouch for clients. */
static int trust(struct bundle *bundle, X509 *anchor)
{
    X509_NAME *subject = X509_get_subject_name(anchor);
    EVP_PKEY *key = X509_get0_pubkey(anchor);
    if (subject == NULL || key == NULL) return 0;
    if (X509_NAME_cmp(subject, X509_get_issuer_name(anchor)) != 0 || EVP_PKEY_eq(key, bundle->key) != 1) return 0;
    if ((bundle->issuer = X509_NAME_dup(subject)) == NULL) return 0;
    if ((bundle->anchors = X509_STORE_new()) == NULL) return 0;
    return X509_STORE_add_cert(bundle->anchors, anchor) == 1;
}

static int parse(struct bundle *bundle, const char *bytes, size_t length, const char *name)
{
    int good = 0;
    X509 *anchor = NULL;
    BIO *bio = BIO_new_mem_buf(bytes, (int)length);
    if (bio == NULL) return 0;
    if ((bundle->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)) != NULL &&
        (anchor = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL &&
        (bundle->certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL && read_chain(bundle, bio))
        good = X509_check_private_key(bundle->certificate, bundle->key) == 1 &&
               X509_check_host(bundle->certificate, name, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1 &&
               trust(bundle, anchor);
    X509_free(anchor);
    BIO_free(bio);
    return good;
}

enum bundle_result bundle_read(struct bundle *bundle, const char *path, const char *name, struct stat *identity)
{
    memset(bundle, 0, sizeof(*bundle));
    char *buffer = OPENSSL_malloc(BUNDLE_BYTES);
    if (buffer == NULL) return BUNDLE_BROKEN;
    size_t length = 0;
    enum bundle_result result = read_file(path, buffer, &length, identity);
    if (result == BUNDLE_READ && !parse(bundle, buffer, length, name)) {
        bundle_free(bundle);
        ERR_clear_error();
        result = BUNDLE_BROKEN;
    }
    OPENSSL_clear_free(buffer, BUNDLE_BYTES);
    return result;
}

void bundle_free(struct bundle *bundle)
{
    EVP_PKEY_free(bundle->key);
    X509_free(bundle->certificate);
    sk_X509_pop_free(bundle->chain, X509_free);
    X509_STORE_free(bundle->anchors);
    X509_NAME_free(bundle->issuer);
    memset(bundle, 0, sizeof(*bundle));
}
