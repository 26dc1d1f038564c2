// The page's script: hands the package to the tests.
globalThis.onedge = await import('/js/browser.js');
