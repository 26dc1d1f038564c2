// The package's entry for Node.js.
import './hosts/node.js';
import './offthread/start_node.js';

export * from './api.js';
