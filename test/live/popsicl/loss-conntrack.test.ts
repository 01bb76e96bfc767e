import { describeLosses } from './losses.js';

describeLosses('cookie', 'conntrack', 4);
describeLosses('repair', 'conntrack', 6);
describeLosses('address', 'conntrack', 6);
describeLosses('proxy', 'conntrack', 4);
