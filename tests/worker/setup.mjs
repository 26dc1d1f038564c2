// Starts the Worker under test in workerd, with real R2, KV, Cache and assets bindings in wrangler's local mode and no
// network, and checks every answer against docs/openapi.yaml. ONEDGE_TEST_HOST=native starts `onedge serve` instead.
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unstable_startWorker } from 'wrangler';
import { files } from './models.mjs';
import { startNative } from './native_server.mjs';
import { sha256 } from './onedge_package.mjs';
import { requireDescribed } from './openapi.mjs';

const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));
export const langidPath = pathOf('../../models/langid/langid-int8.onedge');
export const langidBytes = readFileSync(langidPath);
export const langidDigest = sha256(langidBytes);
export const french = 'Bonjour tout le monde, comment allez-vous ?';

let worker; // a promise of it, from useWorker() on

/** For a test file: the Worker lives while its tests run. */
export function useWorker() {
  worker = process.env.ONEDGE_TEST_HOST === 'native' ? startNative() : start();
  before(() => worker);
  after(async () => (await worker).dispose());
}

async function start() {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'; // otherwise miniflare asks the network for its location
  const started = await unstable_startWorker({
    config: pathOf('wrangler.json'),
    bindings: { LANGID_DIGEST: { type: 'plain_text', value: langidDigest } },
    dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'error', persist: false },
  });
  await started.ready;
  const all = { ...files, 'langid-int8.onedge': langidBytes, 'digits.onedge': readFileSync(pathOf('../../models/digits/digits.onedge')) };
  for (const [name, bytes] of Object.entries(all)) await fill(started, 'r2', name, bytes);
  return started;
}

/** The address of a service's real HTTP server. */
export async function serviceUrl(service) {
  const started = await worker;
  return started.serviceUrl?.(service) ?? `${String(await started.url).replace(/\/$/, '')}/${service}`;
}

const fill = (at, store, name, body) => at.fetch(`http://worker/${store}/${name}`, { method: 'PUT', body });
export const put = async (...what) => fill(await worker, ...what);

/** `path` is service/route; the answer is checked against the description of the route. */
export async function get(path, init = {}) {
  const response = await (await worker).fetch(`http://worker/${path}`, init);
  if (!path.startsWith('control/')) await requireDescribed(init.method ?? 'GET', path.replace(/^[^/]*/, '').replace(/\?.*/, ''), response.clone());
  return response;
}

/** `body`: JSON, or unchanged bytes. */
export function post(path, body, headers = {}, init = {}) {
  const raw = typeof body === 'string' || ArrayBuffer.isView(body);
  return get(path, { ...init, method: 'POST', body: raw ? body : JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
}

export const control = async (id, what) => (await post(`control/${id}`, what)).json();
export const state = async () => (await get('control/state')).json();
