/* nginx module: one server block for every pseudonym of a tenant.
 *
 *     server {
 *         listen 443 ssl;
 *         server_name *.popsicls.example;
 *         ssl_certificate     decoy.pem;     # what an unknown name gets
 *         ssl_certificate_key decoy.pem;
 *         popsicl_store       /var/lib/cloakflow/pseudonyms;
 *         popsicl_cache       1000;          # pseudonyms kept in memory, each worker
 *     }
 *
 * Clients are refused in the handshake. Variable: $popsicl_name. Requests whose Host is another than the pseudonym of
 * their connection get 421; connections of a pseudonym that was revoked are closed at their next request. */
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "handshake.h"

typedef struct {
    ngx_str_t folder;
    ngx_int_t capacity;
    struct store *store;
} popsicl_conf_t;

extern ngx_module_t ngx_http_popsicl_module;

static const char *pseudonym_of(ngx_http_request_t *r)
{
    return r->connection->ssl == NULL ? NULL : handshake_pseudonym(r->connection->ssl->connection);
}

static int is_host(const char *name, const u_char *text, size_t length)
{
    char host[NAME_LENGTH + 1];
    return name_copy(host, (const char *)text, length) && strcmp(host, name) == 0;
}

/* nginx goes by the host of the request's target where that has one; what stands behind it may go by the header. */
static int is_header_host(const char *name, const ngx_table_elt_t *header)
{
    size_t length = 0;
    if (header == NULL) return 1;
    while (length < header->value.len && header->value.data[length] != ':') length++;
    if (length > 0 && header->value.data[length - 1] == '.') length--;
    return is_host(name, header->value.data, length);
}

/* Runs before any other handler of a request. */
static ngx_int_t check_request(ngx_http_request_t *r)
{
    popsicl_conf_t *conf = ngx_http_get_module_srv_conf(r, ngx_http_popsicl_module);
    if (conf->store == NULL) return NGX_DECLINED;
    const char *name = pseudonym_of(r);
    if (name == NULL || !is_host(name, r->headers_in.server.data, r->headers_in.server.len) ||
        !is_header_host(name, r->headers_in.host))
        return NGX_HTTP_MISDIRECTED_REQUEST;
    return store_has(conf->store, name) ? NGX_DECLINED : NGX_HTTP_CLOSE;
}

static ngx_int_t get_name(ngx_http_request_t *r, ngx_http_variable_value_t *value, uintptr_t data)
{
    const char *name = pseudonym_of(r);
    (void)data;
    if (name == NULL) {
        value->not_found = 1;
        return NGX_OK;
    }
    value->data = (u_char *)name;
    value->len = ngx_strlen(name);
    value->valid = 1;
    value->no_cacheable = 0;
    value->not_found = 0;
    return NGX_OK;
}

static ngx_int_t add_variables(ngx_conf_t *cf)
{
    ngx_str_t name = ngx_string("popsicl_name");
    ngx_http_variable_t *variable = ngx_http_add_variable(cf, &name, 0);
    if (variable == NULL) return NGX_ERROR;
    variable->get_handler = get_name;
    return NGX_OK;
}

static SSL_CTX *context_of(ngx_http_core_srv_conf_t *server)
{
    ngx_http_ssl_srv_conf_t *ssl = server->ctx->srv_conf[ngx_http_ssl_module.ctx_index];
    return ssl->ssl.ctx;
}

static popsicl_conf_t *conf_of(ngx_http_core_srv_conf_t *server)
{
    return server->ctx->srv_conf[ngx_http_popsicl_module.ctx_index];
}

/* Sessions belong to the default server of an address, before SNI is known: none of the servers there may have them. */
static ngx_int_t seal_address(ngx_conf_t *cf, ngx_http_conf_addr_t *address)
{
    ngx_http_core_srv_conf_t **servers = address->servers.elts;
    ngx_uint_t with_pseudonyms = 0;
    for (ngx_uint_t i = 0; i < address->servers.nelts; i++) with_pseudonyms |= conf_of(servers[i])->store != NULL;
    if (!with_pseudonyms) return NGX_OK;
    for (ngx_uint_t i = 0; i < address->servers.nelts; i++) {
        SSL_CTX *context = context_of(servers[i]);
        if (context == NULL || handshake_forbid_resumption(context)) continue;
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "popsicl: session resumption cannot be switched off");
        return NGX_ERROR;
    }
    return NGX_OK;
}

static ngx_int_t serve_servers(ngx_conf_t *cf, ngx_http_core_main_conf_t *main_conf)
{
    ngx_http_core_srv_conf_t **servers = main_conf->servers.elts;
    for (ngx_uint_t i = 0; i < main_conf->servers.nelts; i++) {
        popsicl_conf_t *conf = conf_of(servers[i]);
        SSL_CTX *context = context_of(servers[i]);
        if (conf->store == NULL) continue;
        if (context == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "popsicl_store: the server needs \"ssl_certificate\" for a decoy");
            return NGX_ERROR;
        }
        if (!handshake_serve(context, conf->store)) {
            ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "popsicl_store: OpenSSL refuses");
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

static ngx_int_t finish_configuration(ngx_conf_t *cf)
{
    ngx_http_core_main_conf_t *main_conf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    if (!handshake_prepare() || serve_servers(cf, main_conf) != NGX_OK) return NGX_ERROR;

    ngx_http_conf_port_t *ports = main_conf->ports == NULL ? NULL : main_conf->ports->elts;
    for (ngx_uint_t i = 0; ports != NULL && i < main_conf->ports->nelts; i++) {
        ngx_http_conf_addr_t *addresses = ports[i].addrs.elts;
        for (ngx_uint_t j = 0; j < ports[i].addrs.nelts; j++)
            if (seal_address(cf, &addresses[j]) != NGX_OK) return NGX_ERROR;
    }
    ngx_http_handler_pt *handler = ngx_array_push(&main_conf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (handler == NULL) return NGX_ERROR;
    *handler = check_request;
    return NGX_OK;
}

static void *create_conf(ngx_conf_t *cf)
{
    popsicl_conf_t *conf = ngx_pcalloc(cf->pool, sizeof(*conf));
    if (conf != NULL) conf->capacity = NGX_CONF_UNSET;
    return conf;
}

static void free_store(void *store)
{
    store_free(store);
}

static char *merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    popsicl_conf_t *above = parent, *conf = child;
    ngx_conf_merge_str_value(conf->folder, above->folder, "");
    ngx_conf_merge_value(conf->capacity, above->capacity, 1000);
    if (conf->folder.len == 0) return NGX_CONF_OK;
    if (conf->capacity < 1) return "has a \"popsicl_cache\" of nothing";
    if (ngx_conf_full_name(cf->cycle, &conf->folder, 1) != NGX_OK) return NGX_CONF_ERROR;
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(cf->pool, 0);
    if (cleanup == NULL) return NGX_CONF_ERROR;
    conf->store = store_new((const char *)conf->folder.data, (size_t)conf->capacity);
    if (conf->store == NULL) return NGX_CONF_ERROR;
    cleanup->handler = free_store;
    cleanup->data = conf->store;
    return NGX_CONF_OK;
}

/* nginx unloads a module that its configuration no longer names, or whose configuration it refuses. */
__attribute__((destructor)) static void unload(void)
{
    handshake_end();
}

static ngx_command_t commands[] = {
    {ngx_string("popsicl_store"), NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1, ngx_conf_set_str_slot, NGX_HTTP_SRV_CONF_OFFSET,
     offsetof(popsicl_conf_t, folder), NULL},
    {ngx_string("popsicl_cache"), NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1, ngx_conf_set_num_slot,
     NGX_HTTP_SRV_CONF_OFFSET, offsetof(popsicl_conf_t, capacity), NULL},
    ngx_null_command,
};

static ngx_http_module_t context = {
    .preconfiguration = add_variables,
    .postconfiguration = finish_configuration,
    .create_srv_conf = create_conf,
    .merge_srv_conf = merge_conf,
};

ngx_module_t ngx_http_popsicl_module = {
    NGX_MODULE_V1,     &context, commands, NGX_HTTP_MODULE, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NGX_MODULE_V1_PADDING,
};
