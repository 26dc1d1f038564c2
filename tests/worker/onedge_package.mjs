// Writes .onedge packages (docs/package_format.md): just enough of ZIP for tests that make their own models.
import { createHash } from 'node:crypto';

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; ++i) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});
const crc32 = (bytes) => (bytes.reduce((crc, byte) => TABLE[(crc ^ byte) & 255] ^ (crc >>> 8), -1) ^ -1) >>> 0;
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function record(size, ...fields) {
  const out = Buffer.alloc(size);
  for (const [offset, bytes, value] of fields) out.writeUIntLE(value, offset, bytes);
  return out;
}

/**
 * @param {object} manifest without format and parts
 * @param {Record<string, Buffer>} parts in their order
 * @returns {Buffer}
 */
export function onedgePackage(manifest, parts) {
  const listed = Object.fromEntries(Object.entries(parts).map(([name, bytes]) => [name, { sha256: sha256(bytes), size: bytes.length }]));
  const entries = { 'manifest.json': Buffer.from(JSON.stringify({ format: 1, ...manifest, parts: listed })), ...parts };
  const local = [];
  const central = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(entries)) {
    const common = [[0, 2, 20], [2, 2, 0x0800], [6, 4, 0x00210000], [10, 4, crc32(bytes)], [14, 4, bytes.length], [18, 4, bytes.length], [22, 2, name.length]];
    const shifted = (by, ...more) => [...common.map(([offset, size, value]) => [offset + by, size, value]), ...more];
    const padding = (64 - ((at + 30 + name.length + 6) % 64)) % 64;
    const extra = Buffer.concat([record(6, [0, 2, 0xd935], [2, 2, 2 + padding], [4, 2, 64]), Buffer.alloc(padding)]);
    local.push(record(30, [0, 4, 0x04034b50], ...shifted(4, [28, 2, extra.length])), Buffer.from(name), extra, bytes);
    central.push(record(46, [0, 4, 0x02014b50], [4, 2, 20], ...shifted(6), [42, 4, at]), Buffer.from(name));
    at += 30 + name.length + extra.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const count = Object.keys(entries).length;
  return Buffer.concat([...local, directory, record(22, [0, 4, 0x06054b50], [8, 2, count], [10, 2, count], [12, 4, directory.length], [16, 4, at])]);
}
