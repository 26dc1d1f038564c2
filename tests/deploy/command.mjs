// Runs bin/onedge.mjs like a user: as a program, in a user's project.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const models = Object.fromEntries(['langid-int8', 'langid'].map((name) => [name, path.join(root, 'models/langid', `${name}.onedge`)]));
models.digits = path.join(root, 'models/digits/digits.onedge');

/** An empty folder, deleted after the test `t`. */
export function emptyFolder(t) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'onedge-deploy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A project with `files` ({name: text}) and, if `modules`, the repository's node_modules, which include wrangler. */
export function project(t, { files = {}, modules = false } = {}) {
  const folder = emptyFolder(t);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  if (modules) symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

/** Starts it: {child, done: Promise<{status, out, err}>}. */
export function start(cwd, args, env = {}) {
  const child = spawn(process.execPath, [path.join(root, 'bin/onedge.mjs'), ...args], {
    cwd,
    env: { ...process.env, ONEDGE_STORE: '', CLOUDFLARE_CF_FETCH_ENABLED: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  return { child, done: new Promise((resolve) => child.on('close', (status, signal) => resolve({ status: status ?? signal, out, err }))) };
}

export const onedge = (cwd, args, env) => start(cwd, args, env).done;
