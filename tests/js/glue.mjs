// The JavaScript that a page loads, as a bundler leaves it.
import { build as bundle } from 'esbuild';
import { fileURLToPath } from 'node:url';

const browser = fileURLToPath(new URL('../../js/browser.js', import.meta.url));

/**
 * Minified modules of `entry`, those loaded on demand as well.
 * @param {string[]} external what is left out: by default the glue of one of the two builds of onedge, since a page loads only one
 * @returns {Promise<{path: string, contents: Uint8Array}[]>}
 */
export async function minified(entry = browser, external = ['*/onedge-relaxed.mjs']) {
  const { outputFiles } = await bundle({
    entryPoints: [entry], external, bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', outdir: 'unwritten', write: false, logLevel: 'error',
  });
  return outputFiles;
}
