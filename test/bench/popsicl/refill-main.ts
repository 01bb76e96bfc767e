/** `node refill-main.js [NAMES]`: how an agent that starts anew is filled over its channel, as JSON. */
import { measureRefill } from './refill.js';

const [names = 60_000] = process.argv.slice(2).map(Number);
const figures = await measureRefill(names, text => console.error(`bench: ${text}`));
console.log(JSON.stringify(figures, null, 2));
process.exit(0);
