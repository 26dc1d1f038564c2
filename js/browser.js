// The package's entry for browsers.
import './hosts/browser.js';
import './offthread/start_browser.js';

export * from './api.js';
