import { describeResilience } from './resilience.js';

describeResilience('cookie', 'flows', 4);
describeResilience('address', 'flows', 6);
describeResilience('repair', 'flows', 6);
describeResilience('proxy', 'flows', 4);
