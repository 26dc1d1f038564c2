// Temporary files. They are deleted when the process ends for any reason except SIGKILL.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const paths = new Set();
process.on('exit', () => {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
});

/** The file at `path` is temporary until kept(path). */
export const temporary = (path) => (paths.add(path), path);
export const kept = (path) => paths.delete(path);

export const temporaryFolder = () => temporary(mkdtempSync(join(tmpdir(), 'onedge-')));
