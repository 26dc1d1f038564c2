// Temporary files, which go when the process ends, however it does (but for SIGKILL).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const paths = new Set();
process.on('exit', () => {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
});

/** Whatever lies at `path` is temporary, until kept(path). */
export const temporary = (path) => (paths.add(path), path);
export const kept = (path) => paths.delete(path);

export const temporaryFolder = () => temporary(mkdtempSync(join(tmpdir(), 'onedge-')));
