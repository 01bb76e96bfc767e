/** `node many-pseudonyms-main.js [NAMES] [VISITED]`: memory and handshakes of web servers with many pseudonyms, as JSON. */
import { measureManyPseudonyms } from './many-pseudonyms.js';

const [names = 60_000, visited = 1200] = process.argv.slice(2).map(Number);
const figures = await measureManyPseudonyms({
  names,
  visited,
  progress: text => console.error(`bench: ${text}`),
});
console.log(JSON.stringify(figures, null, 2));
process.exit(0);
