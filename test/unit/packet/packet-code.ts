import { PacketError } from '../../../controller/packet/index.js';

/** Code of the PacketError that `action` throws; 'accepted' if it throws nothing. Other errors go on. */
export function packetCode(action: () => unknown): string {
  try {
    action();
    return 'accepted';
  } catch (error) {
    if (error instanceof PacketError) return error.code;
    throw error;
  }
}
