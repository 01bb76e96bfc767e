export * from '../../../mininet/report/statistics.js';
