// Packages of any size.
import { execFileSync } from 'node:child_process';

// Written by Python, because its zipfile stores parts unchanged; docs/package_format.md describes the extra field that
// aligns each.
const script = `
import hashlib, json, struct, sys, zipfile
source, target, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
with zipfile.ZipFile(source) as old:
    parts = {name: old.read(name) for name in old.namelist()}
parts['zeros.bin'] = bytes(size)
manifest = json.loads(parts.pop('manifest.json'))
manifest['parts']['zeros.bin'] = {'sha256': hashlib.sha256(parts['zeros.bin']).hexdigest(), 'size': size}
with zipfile.ZipFile(target, 'w', zipfile.ZIP_STORED) as new:
    for name, data in {'manifest.json': json.dumps(manifest).encode(), **parts}.items():
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        padding = -(new.fp.tell() + 30 + len(name) + 6) % 64
        entry.extra = struct.pack('<HHH', 0xd935, 2 + padding, 64) + bytes(padding)
        new.writestr(entry, data)
`;

/** Copies the package `from` and adds one part: `size` zeros. */
export const packageWithZeros = (from, into, size) => execFileSync('python3', ['-c', script, from, into, String(size)]);
