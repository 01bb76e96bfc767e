export * from '../../../mininet/traffic/present-connections.js';
