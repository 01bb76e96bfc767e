declare module 'pcap' {
  interface Session {
    on(event: 'packet', listener: (packet: { buf: Buffer; header: Buffer }) => void): this;
    inject(frame: Buffer): void;
    close(): void;
  }
  export function createSession(
    device: string,
    options: { filter?: string; buffer_timeout?: number },
  ): Session;
}
