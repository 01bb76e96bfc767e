export * from '../../../mininet/report/machine.js';
