// Caches the page for visits without a network: network first, then the files of the last visit. load() caches the
// models itself.
const CACHE = 'onedge-demo';
const BEFORE_IT = ['./', 'style.css', 'icon.svg', 'main.js', 'offline.js']; // files that the page fetches before this worker is active

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || url.pathname.endsWith('.onedge')) return;
  event.respondWith(fetchOrKept(event));
});

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(BEFORE_IT);
  await skipWaiting();
}

async function fetchOrKept(event) {
  const { request } = event;
  try {
    const response = await fetch(request);
    if (response.status === 200) event.waitUntil(keep(request, response.clone()));
    return response;
  } catch (error) {
    const kept = await caches.match(request, { cacheName: CACHE, ignoreSearch: request.mode === 'navigate' });
    if (kept) return kept;
    throw error;
  }
}

// A full disk must not fail a visit that has a network.
async function keep(request, response) {
  try {
    await (await caches.open(CACHE)).put(request, response);
  } catch {
    // the next visit without a network lacks this file
  }
}
