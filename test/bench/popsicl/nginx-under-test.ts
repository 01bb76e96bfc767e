/** One nginx for every way: no resumption anywhere, the same key and certificate for direct and pseudonymous names. */
export function nginxConfiguration(
  folder: string,
  options: {
    module: string;
    decoy: { cert: string; key: string };
    /** Addresses where pseudonyms are served, and the one of direct HTTPS. */
    pseudonymous: readonly string[];
    direct: string;
    cloud: string;
  },
): string {
  const { module, decoy, pseudonymous, direct, cloud } = options;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(kind => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ');
  const server = `ssl_certificate ${folder}/server.crt; ssl_certificate_key ${folder}/server.key; root ${folder};`;
  const listen = pseudonymous.map(address => `listen ${address}:443 ssl backlog=4096;`).join(' ');
  return `load_module ${module};
daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; ${temporary} ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off; sendfile on;
  server { ${listen} server_name *.${cloud}; root ${folder};
    ssl_certificate ${decoy.cert}; ssl_certificate_key ${decoy.key}; popsicl_store ${folder}/store; }
  server { listen ${direct}:443 ssl backlog=4096; ${server} }
  server { listen ${direct}:444 ssl backlog=4096; ${server}
    ssl_client_certificate ${folder}/anchor.pem; ssl_verify_client on; }
}\n`;
}
