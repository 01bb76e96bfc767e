/** A time in milliseconds since 1970, to the minute, in UTC. */
export function minuteText(time: number): string {
  return new Date(time).toISOString().slice(0, 16);
}
