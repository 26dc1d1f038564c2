// The page's script: exposes the package to the tests.
globalThis.onedge = await import('/js/browser.js');
