// The JavaScript that a page loads, after bundling.
import { build as bundle } from 'esbuild';
import { fileURLToPath } from 'node:url';

const browser = fileURLToPath(new URL('../../js/browser.js', import.meta.url));

/**
 * The minified modules of `entry`, including those loaded on demand.
 * @param {string[]} external excluded modules: by default the glue of all builds but one, because a page loads only
 * one
 * @returns {Promise<{path: string, contents: Uint8Array}[]>}
 */
export async function minified(entry = browser, external = ['*/onedge-relaxed.mjs', '*-threads.mjs']) {
  const { outputFiles } = await bundle({
    entryPoints: [entry], external, bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', outdir: 'unwritten', write: false, logLevel: 'error',
  });
  return outputFiles;
}
