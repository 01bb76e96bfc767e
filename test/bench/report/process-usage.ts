export * from '../../../mininet/report/process-usage.js';
