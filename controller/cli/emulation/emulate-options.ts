/** What `cloakflow emulate` was told on the command line. */
export interface EmulateOptions {
  controller: boolean;
  config?: string;
  app?: string[];
  run?: string[];
  admin?: string;
  clean?: boolean;
  json?: boolean;
}
