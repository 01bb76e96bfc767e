/**
 * `node firefox-program.js start PID FIREFOX ARGUMENT…`: Firefox in the namespaces of the process PID. The port of its remote
 * control there is reached by the same port here; Firefox ends with who used that.
 * `node firefox-program.js reach PORT`: from standard input to a port of 127.0.0.1, and back.
 */
import { spawn } from 'node:child_process';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const ANY_PORT = '--remote-debugging-port=0';
const [job, ...words] = process.argv.slice(2);
if (job === 'reach') reach(Number(words[0]));
else start(words[0]!, words.slice(1));

function start(pid: string, command: readonly string[]): void {
  const inside = [`--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`, '--'];
  const here = createServer();
  // Firefox answers those alone who call it by its own port.
  here.listen(0, '127.0.0.1', () => {
    const port = String((here.address() as AddressInfo).port);
    const words = command.map(word => (word === ANY_PORT ? ANY_PORT.replace('0', port) : word));
    const browser = spawn('nsenter', [...inside, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
    browser.on('error', () => process.exit(1));
    browser.on('exit', code => process.exit(code ?? 1));
    here.on('connection', control => {
      const program = [process.execPath, fileURLToPath(import.meta.url), 'reach', port];
      const there = spawn('nsenter', [...inside, ...program], { stdio: ['pipe', 'pipe', 'inherit'] });
      control.pipe(there.stdin).on('error', () => control.destroy());
      there.stdout.pipe(control).on('error', () => {});
      control.on('close', () => browser.kill());
    });
  });
}

function reach(port: number): void {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => process.exit(1));
  socket.pipe(process.stdout).on('error', () => socket.destroy());
  process.stdin.pipe(socket);
  socket.on('close', () => process.exit(0));
}
