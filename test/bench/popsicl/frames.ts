export * from '../../../mininet/traffic/tcp-frames.js';
