/** `node echo-program.js PORT`: sends every UDP datagram back, over IPv4 and IPv6. */
import { createSocket } from 'node:dgram';

const socket = createSocket({ type: 'udp6', recvBufferSize: 1 << 20 });
socket.on('message', (data, { address, port }) => socket.send(data, port, address));
socket.bind(Number(process.argv[2]), '::', () => process.stdout.write('ready\n'));
