/** What `cloakflow openflow decode` and `encode` were told on the command line. */
export interface StreamOptions {
  hex?: boolean;
}
