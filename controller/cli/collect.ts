/** For an option that can be given several times: its values, in order. */
export function collect(value: string, values: string[] = []): string[] {
  return [...values, value];
}
