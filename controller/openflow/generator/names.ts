/** Names in generated source. */

/** 'port-desc' -> 'PortDesc' */
export function pascal(tag: string): string {
  return tag
    .split('-')
    .map(part => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}

/** 'PortDesc' -> 'portDesc' */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Source text of a string. */
export const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A key of an object literal, quoted where it must be. */
export const key = (text: string): string => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : quote(text));

export const hex = (value: number): string => `0x${value.toString(16)}`;
