import { defineApp } from '../../controller/host/index.js';
import { configSchema } from './config.js';
import { LearningSwitch } from './learning-switch.js';

/** An Ethernet switch that learns where stations are, on any number of bridges with any links between them. */
export const learningSwitch = defineApp({
  name: 'learning-switch',
  summary: 'Learns where stations are and forwards between them.',
  config: configSchema,
  tables: [{ name: 'learnt', miss: 'own' }],
  endsPipeline: true,
  start: context => new LearningSwitch(context),
});
