// workerd as a host, through wrangler's own local server.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unstable_startWorker } from 'wrangler';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts the Worker; close() stops it. */
export async function openWorkerd() {
  process.env.WRANGLER_SEND_METRICS = 'false';
  const assets = mkdtempSync(join(tmpdir(), 'onedge-assets-'));
  mkdirSync(join(assets, 'models'), { recursive: true });
  cpSync(here('../../models/langid'), join(assets, 'models/langid'), { recursive: true, filter: (path) => !path.endsWith('.py') });
  const worker = await unstable_startWorker({
    name: 'onedge-test',
    entrypoint: here('worker.js'),
    compatibilityDate: '2025-06-01',
    assets: { directory: assets, binding: 'ASSETS' },
    bindings: { ASSETS: { type: 'assets' } },
    dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'error', persist: false },
  });
  await worker.ready;
  return {
    classify: async (model, sentences, topK, build) => {
      const body = JSON.stringify({ model, sentences, topK, build });
      const response = await worker.fetch('http://worker/', { method: 'POST', body });
      const answer = await response.json();
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    close: async () => {
      await worker.dispose();
      rmSync(assets, { recursive: true, force: true });
    },
  };
}
