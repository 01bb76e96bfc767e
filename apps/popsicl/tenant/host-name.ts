const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** Whether text is a host name in lower case. Nothing else may become part of a path, or a word of a configuration. */
export function isHostName(text: string): boolean {
  return HOST_NAME.test(text);
}
