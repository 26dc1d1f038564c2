// The package's entry for Node.js.
import './hosts/node.js';

export * from './api.js';
