/** `node scheduling-main.js [ROUNDS]`: what accesses cost by the scheduling of the controller, as JSON. Wants root. */
import { measureScheduling } from './scheduling.js';

const [rounds = 9] = process.argv.slice(2).map(Number);
const figures = await measureScheduling({
  rounds,
  seconds: 3,
  progress: text => console.error(`bench: ${text}`),
});
console.log(JSON.stringify(figures, null, 2));
process.exit(0);
