// The generator polynomial of CRC-32, in the bit order of its bytes: XORed into content, it leaves the checksum as it
// was.
const POLYNOMIAL = [0x41, 0x06, 0x71, 0xdb, 0x01];

/** Changes bytes in the middle of a package, in a way that only SHA-256 notices. @param {Uint8Array} bytes */
export function changeUnseen(bytes) {
  POLYNOMIAL.forEach((byte, i) => (bytes[(bytes.length >> 1) + i] ^= byte));
  return bytes;
}
