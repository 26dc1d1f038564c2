// workerd as a host, through wrangler's own local server; wrangler.json binds the models as assets.
import { fileURLToPath } from 'node:url';
import { unstable_startWorker } from 'wrangler';

/** Starts the Worker; close() stops it. */
export async function openWorkerd() {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'; // miniflare would ask the network where it is
  const worker = await unstable_startWorker({
    config: fileURLToPath(new URL('wrangler.json', import.meta.url)),
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
    close: () => worker.dispose(),
  };
}
