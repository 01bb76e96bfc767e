/** `node outsider-program.js FOLDER ADDRESS`: a site outside of every trust, whose pages do what a test tells them. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

const [folder = '', address] = process.argv.slice(2);
const credential = {
  cert: readFileSync(join(folder, 'site.pem')),
  key: readFileSync(join(folder, 'site.key')),
};
const PAGE = '<!doctype html><title>outside</title><link rel="icon" href="data:,"><h1>outside</h1>';
createServer(credential, (_request, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end(PAGE);
}).listen(443, address, () => console.log('ready'));
