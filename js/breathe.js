// Lets the host do what has been waiting, an abort for instance, between two pieces of work that each hold the thread.
const LONGEST_HOLD = 8; // ms; half a frame

let since = 0;

export async function breathe() {
  if (performance.now() - since < LONGEST_HOLD) return;
  await (globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve)));
  since = performance.now();
}
