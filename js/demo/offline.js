// Puts the service worker in charge before the rest of the page is fetched: what a first visit loads is kept without a second download.

const LONGEST_WAIT = 3000; // ms; then the page goes on without it

export async function keepPage() {
  const { serviceWorker } = navigator;
  if (!serviceWorker || serviceWorker.controller) return;
  const inCharge = new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
  try {
    // The scope holds the package's own worker too. The server has to allow it: Service-Worker-Allowed (scripts/demo.mjs).
    const { active } = await serviceWorker.register('service_worker.js', { scope: '../' });
    // A forced reload passes by a worker that is active already.
    if (!active) await Promise.race([inCharge, new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT))]);
  } catch {
    // not allowed here: the page then needs the network
  }
}
