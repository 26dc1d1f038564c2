// A store with faults over another store. mode: 404, 500, throw, hang, slow, stall, short, cut, flipped,
// changed; otherwise none.
import { changeUnseen } from '../js/unseen_change.mjs';

/** @param {() => {mode?: string, delay?: number, opened?: number}} control counts in `opened` */
export const faultyStore = (store, control) => ({
  async open(name) {
    const state = control();
    const { mode, delay = 20 } = state;
    state.opened = (state.opened ?? 0) + 1;
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    switch (mode) {
      case '404':
        return null;
      case '500':
        return new Response('out of order', { status: 500 });
      case 'throw':
        throw new Error('we encountered an internal error');
      case 'hang':
        return new Promise(() => {});
    }
    const whole = new Uint8Array(await (await store.open(name)).arrayBuffer());
    if (mode === 'flipped') whole[whole.length >> 1] ^= 1;
    if (mode === 'changed') changeUnseen(whole);
    const bytes = mode === 'short' ? whole.subarray(0, whole.length >> 1) : whole;
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += 200_000) {
        if (mode === 'slow') await pause(delay);
        if (at >= 600_000 && mode === 'stall') await new Promise(() => {});
        if (at >= 600_000 && mode === 'cut') throw new Error('connection reset');
        yield bytes.slice(at, at + 200_000);
      }
    }
    return { total: whole.length, [Symbol.asyncIterator]: chunks };
  },
});
