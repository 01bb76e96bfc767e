import { describeResilience } from './resilience.js';

describeResilience('cookie', 'conntrack', 4);
describeResilience('address', 'conntrack', 6);
describeResilience('repair', 'conntrack', 4);
describeResilience('proxy', 'conntrack', 6);
