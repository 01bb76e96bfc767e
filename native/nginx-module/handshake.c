#include "handshake.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define COMMON_NAME 64 /* RFC 5280 appendix A */

/* What was chosen for an SSL, and its place there. */
struct choice {
    X509_NAME *issuer;
    char name[NAME_LENGTH + 1];
};
static int choice_index = -1;

static void free_choice(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long number, void *argument)
{
    struct choice *choice = pointer;
    (void)parent, (void)data, (void)index, (void)number, (void)argument;
    if (choice == NULL) return;
    X509_NAME_free(choice->issuer);
    OPENSSL_free(choice);
}

int handshake_prepare(void)
{
    if (choice_index < 0) choice_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_choice);
    return choice_index >= 0;
}

void handshake_end(void)
{
    if (choice_index >= 0) CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, choice_index);
    choice_index = -1;
}

static int remember(SSL *ssl, const char *name, const X509_NAME *issuer)
{
    struct choice *choice = OPENSSL_zalloc(sizeof(*choice));
    if (choice == NULL) return 0;
    strcpy(choice->name, name);
    choice->issuer = X509_NAME_dup(issuer);
    free_choice(NULL, SSL_get_ex_data(ssl, choice_index), NULL, 0, 0, NULL);
    int good = SSL_set_ex_data(ssl, choice_index, choice->issuer == NULL ? NULL : choice);
    if (choice->issuer != NULL && good) return 1;
    free_choice(NULL, choice, NULL, 0, 0, NULL);
    return 0;
}

/* OpenSSL's own judgement; with it a client that fails gets an alert. */
static int judge(int verified, X509_STORE_CTX *context)
{
    (void)context;
    return verified;
}

/* The CA list has the one issuer, so that a browser offers the right certificate and no other issuer is told. */
static int name_issuer(SSL *ssl, const X509_NAME *issuer)
{
    STACK_OF(X509_NAME) *list = sk_X509_NAME_new_null();
    X509_NAME *copy = issuer == NULL ? NULL : X509_NAME_dup(issuer);
    if (list == NULL || (issuer != NULL && (copy == NULL || !sk_X509_NAME_push(list, copy)))) {
        X509_NAME_free(copy);
        sk_X509_NAME_free(list);
        return 0;
    }
    SSL_set_client_CA_list(ssl, list);
    return 1;
}

static int ask_for_certificate(SSL *ssl, X509_STORE *anchors, const X509_NAME *issuer)
{
    if (SSL_set1_verify_cert_store(ssl, anchors) != 1 || !name_issuer(ssl, issuer)) return 0;
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, judge);
    SSL_set_verify_depth(ssl, 0);
    return 1;
}

static int serve_pseudonym(SSL *ssl, const char *name, const struct bundle *bundle)
{
    /* The decoy's key may be of another kind, and OpenSSL would choose between them. */
    SSL_certs_clear(ssl);
    if (SSL_use_cert_and_key(ssl, bundle->certificate, bundle->key, bundle->chain, 1) != 1) return 0;
    if (!ask_for_certificate(ssl, bundle->anchors, bundle->issuer)) return 0;
    return remember(ssl, name, bundle->issuer);
}

/* Nobody's certificate is good; the CA list has the form of a real one. */
static int serve_decoy(SSL *ssl, const char *name)
{
    int good = 0;
    X509_STORE *nobody = X509_STORE_new();
    X509_NAME *issuer = X509_NAME_new();
    if (nobody != NULL && issuer != NULL) {
        int length = name == NULL ? 0 : (int)strlen(name);
        if (length > COMMON_NAME) length = (int)strcspn(name, ".");
        const unsigned char *text = (const unsigned char *)name;
        good = (length == 0 || X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_UTF8, text, length, -1, 0) == 1) &&
               ask_for_certificate(ssl, nobody, length == 0 ? NULL : issuer);
    }
    X509_STORE_free(nobody);
    X509_NAME_free(issuer);
    return good;
}

/* Not called for resumed sessions: there must be none. */
static int choose(SSL *ssl, void *argument)
{
    struct store *store = argument;
    const struct bundle *bundle;
    char name[NAME_LENGTH + 1];
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    int named = sni != NULL && name_copy(name, sni, strlen(sni));
    int good = named && store_look(store, name, &bundle) == BUNDLE_READ ? serve_pseudonym(ssl, name, bundle)
                                                                       : serve_decoy(ssl, named ? name : NULL);
    ERR_clear_error();
    return good;
}

int handshake_forbid_resumption(SSL_CTX *context)
{
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    /* OpenSSL asks an external cache whatever the mode is, and it may have the sessions of other addresses. */
    SSL_CTX_sess_set_get_cb(context, NULL);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    return SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
}

int handshake_serve(SSL_CTX *context, struct store *store)
{
    SSL_CTX_set_cert_cb(context, choose, store);
    return handshake_forbid_resumption(context);
}

const char *handshake_pseudonym(const SSL *ssl)
{
    const struct choice *choice = SSL_get_ex_data(ssl, choice_index);
    X509 *peer = choice == NULL ? NULL : SSL_get0_peer_certificate(ssl);
    if (peer == NULL || SSL_get_verify_result(ssl) != X509_V_OK || SSL_session_reused(ssl)) return NULL;
    return X509_NAME_cmp(X509_get_issuer_name(peer), choice->issuer) == 0 ? choice->name : NULL;
}
