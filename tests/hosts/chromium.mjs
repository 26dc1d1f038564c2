// Headless Chromium as a host: a plain page with <script type="module">, under a strict Content-Security-Policy.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import { serveRepository } from './static_server.mjs';

const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const pageOf = (script) => `<!doctype html><meta charset="utf-8"><script type="module" src="${script}"></script>`;
export const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-component-update', '--disable-sync'];

export function findChromium() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // not on PATH: try the next one
    }
  }
  throw new Error('no Chromium on PATH: run scripts/setup browser');
}

/** Headers with which a page may share memory with workers. */
export const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/**
 * Opens a page with one script, which exposes `classify` or other functions for the test; close() ends browser and
 * server.
 */
export async function openChromium(script = '/tests/hosts/page.js', root = undefined, headers = {}) {
  const server = await serveRepository({ '/': pageOf(script), '/favicon.ico': ' ' }, { 'content-security-policy': CSP, ...headers }, root);
  const browser = await chromium.launch({ executablePath: findChromium(), args: FLAGS });
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`${server.url}/`);
  return {
    page,
    problems,
    server,
    classify: async (model, sentences, topK, build) => {
      await page.waitForFunction(() => globalThis.classify);
      return page.evaluate((args) => globalThis.classify(...args), [model, sentences, topK, build]);
    },
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}
