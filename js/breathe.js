// Lets the host handle waiting events, such as an abort, between two pieces of work that each occupy the thread.
const LONGEST_HOLD = 8; // ms; half a frame

/** How long a run continues before it lets the host handle events, in ms. A shorter run never waits. */
export const SLICE = 12;

let since = 0;

/** Never rejects. */
export async function breathe() {
  if (performance.now() - since < LONGEST_HOLD) return;
  await new Promise(later);
  since = performance.now();
}

// The next task of the event loop, behind those that wait already. (scheduler.yield() would go before the timers of the
// page.) Avoids timers if possible: browsers delay them by 4 ms, and by a second in hidden tabs.
const later =
  globalThis.setImmediate ??
  (globalThis.MessageChannel
    ? (resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(port1.close());
        port2.postMessage(0);
      }
    : setTimeout);
