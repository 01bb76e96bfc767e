import { describeLosses } from './losses.js';

describeLosses('cookie', 'flows', 6);
describeLosses('repair', 'flows', 4);
describeLosses('address', 'flows', 4);
describeLosses('proxy', 'flows', 6);
