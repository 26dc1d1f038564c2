// Runs onnxruntime-web as documented in workerd through wrangler, and reports whether it answers, or its error.
import { fileURLToPath } from 'node:url';
import { unstable_startWorker } from 'wrangler';
import { OnnxWriter } from '../ort/onnx_writer.mjs';

let outcome;

function tinyModel() {
  const model = new OnnxWriter(1);
  model.node('Identity', [model.input('x', ['n'])], {}, ['y']);
  model.output('y', ['n']);
  return model.finish();
}

/**
 * @returns {Promise<{error: string | null}>} tried once, in each way to pass its module that needs no change to its
 * files
 */
export const peerInWorkerd = () => (outcome ??= attempt());

async function attempt() {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'; // otherwise miniflare asks the network for its location
  const errors = new Set();
  for (const way of ['plain', 'module', 'paths']) {
    // A Worker for each way: after a failure the peer only repeats that it failed.
    const worker = await unstable_startWorker({
      config: fileURLToPath(new URL('peer_worker/wrangler.json', import.meta.url)),
      dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'none', persist: false },
    });
    try {
      const answer = await (await worker.fetch(`http://worker/${way}`, { method: 'POST', body: tinyModel() })).text();
      if (answer === 'ok') return { error: null };
      errors.add(answer.split('\n')[0]);
    } finally {
      await worker.dispose();
    }
  }
  return { error: [...errors].join('; ') };
}
