// The demo in Chromium, served like npm run demo, with control over its network.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serveDemo } from '../../scripts/demo.mjs';
import { FLAGS, findChromium } from '../hosts/chromium.mjs';

/**
 * Serves the demo. Its models wait halfway while `hold` is set; off() stops the server, on() starts it again at the
 * same address.
 */
async function serve() {
  const gate = { open: Promise.resolve(), release: () => {} };
  let server;
  let port = 0;
  async function on() {
    server = await serveDemo(port);
    ({ port } = server.address());
    server.prependListener('request', ({ url }, response) => {
      if (!url.endsWith('.onedge')) return;
      const write = response.write.bind(response);
      // The first bytes go through, so that progress is visible. true: the writing stream need not wait for 'drain'.
      let first = true;
      response.write = (chunk, ...rest) => {
        if (first) return ((first = false), write(chunk, ...rest));
        gate.open.then(() => write(chunk, ...rest));
        return true;
      };
      const end = response.end.bind(response);
      response.end = (...rest) => gate.open.then(() => end(...rest));
    });
  }
  await on();
  return {
    url: `http://localhost:${port}/`,
    hold: () => (gate.open = new Promise((resolve) => (gate.release = resolve))),
    release: () => gate.release(),
    on,
    off: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

/**
 * A browser with an empty profile; `problems` collects errors of the console and of the page, and violations of the
 * policy.
 */
export async function openDemo() {
  const server = await serve();
  const browser = await chromium.launch({ executablePath: findChromium(), args: FLAGS });
  const scratch = await mkdtemp(join(tmpdir(), 'onedge-demo-'));
  const problems = [];
  return {
    server,
    scratch,
    problems,
    /** A page of a new visitor. */
    async visit(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      await page.addInitScript(() => addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => console.error(violatedDirective, blockedURI)));
      return page;
    },
    async close() {
      await browser.close();
      await server.off().catch(() => {});
      await rm(scratch, { recursive: true });
    },
  };
}

/** Waits until the row under the title is filled. */
export const ready = (page) => page.waitForFunction(() => !document.getElementById('ready')?.textContent.startsWith('…'), null, { timeout: 30_000 });
