// Activates the service worker before the rest of the page is fetched, so that it caches a first visit without a second
// download.

const LONGEST_WAIT = 3000; // ms; then the page continues without it

export async function keepPage() {
  const { serviceWorker } = navigator;
  if (!serviceWorker || serviceWorker.controller) return;
  const inCharge = new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
  try {
    // The scope includes the package's own worker. The server must allow it: Service-Worker-Allowed (scripts/demo.mjs).
    const { active } = await serviceWorker.register('service_worker.js', { scope: '../' });
    // A forced reload bypasses an active worker.
    if (!active) await Promise.race([inCharge, new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT))]);
  } catch {
    // not allowed here: the page then needs the network
  }
}
