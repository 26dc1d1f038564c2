// Lets the host do what has been waiting, an abort for instance, between two pieces of work that each hold the thread.
const LONGEST_HOLD = 8; // ms; half a frame

/** How long a run goes on before it lets the host breathe: a run that ends sooner never waits. In ms. */
export const SLICE = 12;

let since = 0;

export async function breathe() {
  if (performance.now() - since < LONGEST_HOLD) return;
  await (globalThis.scheduler?.yield?.() ?? new Promise(later));
  since = performance.now();
}

// The next task of the event loop. Not by a timer where it can be helped: browsers delay those by 4 ms, and by a second in hidden tabs.
const later =
  globalThis.setImmediate ??
  (globalThis.MessageChannel
    ? (resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(port1.close());
        port2.postMessage(0);
      }
    : setTimeout);
