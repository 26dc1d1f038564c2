// Chooses the version of a model for a request: by weight, and always the same for one client.

/**
 * @param {[version: string, percent: number][]} traffic adds up to 100
 * @param {string} name of the model, so that a client is not among the first for every model
 * @param {string} key of the client
 * @returns {string} a version. If the order stays, more traffic for one version moves only the clients that it takes
 * over
 */
export function versionFor(traffic, name, key) {
  let point = (hash(`${name}\n${key}`) / 2 ** 32) * 100;
  for (const [version, percent] of traffic) {
    if (point < percent) return version;
    point -= percent;
  }
  return traffic.findLast(([, percent]) => percent > 0)[0];
}

/** The stable identity of a client: its own key, else its address, else nothing. */
export function clientKey(request) {
  return request.headers.get('x-onedge-key') ?? request.headers.get('cf-connecting-ip') ?? crypto.randomUUID();
}

// FNV-1a with MurmurHash3's finisher, so that similar keys do not get similar values. 32 bits.
function hash(text) {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
