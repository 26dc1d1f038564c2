// The package's entry for browsers.
import './hosts/browser.js';

export * from './api.js';
