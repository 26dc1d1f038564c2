/** Random numbers from 0 to 1; the same seed gives the same numbers (a linear congruential generator). */
export function randomNumbers(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}
