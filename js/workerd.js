// The package's entry for edge Workers.
import './hosts/workerd.js';

export * from './api.js';
