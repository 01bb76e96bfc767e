export * from '../../../mininet/report/figures.js';
