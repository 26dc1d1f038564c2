// Wrangler of the user's project; onedge does not depend on it. Its commands run one by one, each as a process.
import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { DeployError, UsageError } from './errors.js';

/** A failed command; `output` is everything that it printed. */
export class WranglerError extends DeployError {
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}

export class Wrangler {
  #command; // the program and its first arguments
  #options; // for every command
  #storage; // for every command that stores or fetches

  /**
   * @param {{config?: string, env?: string, local?: boolean, persistTo?: string}} options wrangler's options of the
   * same names
   */
  constructor({ config, env, local, persistTo }) {
    this.#command = findWrangler(process.cwd());
    this.#options = [...(config ? ['--config', config] : []), ...(env ? ['--env', env] : [])];
    this.#storage = local ? ['--local', ...(persistTo ? ['--persist-to', persistTo] : [])] : ['--remote'];
  }

  /** `wrangler r2 object ...`, `wrangler kv key ...`: in the local or the remote storage. */
  store(args, options) {
    return this.run([...args, ...this.#storage], options);
  }

  /** @returns {Promise<string>} everything that it printed, without the output that goes to the file `into` */
  async run(args, { into } = {}) {
    const [program, ...first] = this.#command;
    const fd = into === undefined ? 'pipe' : openSync(into, 'w');
    try {
      const child = spawn(program, [...first, ...args, ...this.#options], {
        stdio: ['ignore', fd, 'pipe'],
        env: { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: process.env.WRANGLER_SEND_METRICS ?? 'false', NO_COLOR: '1' },
        shell: program.endsWith('.cmd'),
      });
      const stop = () => child.kill();
      process.once('exit', stop);
      child.once('close', () => process.off('exit', stop));
      const printed = [];
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => printed.push(data));
      const status = await new Promise((done, failed) => {
        child.on('error', (error) => failed(new DeployError(`wrangler cannot be started: ${error.message}`)));
        child.on('close', (code, signal) => done(code ?? signal));
      });
      const output = stripVTControlCharacters(Buffer.concat(printed).toString());
      if (status !== 0) throw new WranglerError(`wrangler ${args.slice(0, 3).join(' ')} failed (${status}): ${reasonIn(output)}`, output);
      return output;
    } finally {
      if (into !== undefined) closeSync(fd);
    }
  }
}

function reasonIn(output) {
  const lines = output.split('\n').filter((line) => line.trim() && !/Logs were written|^🪵/.test(line));
  return lines.join(' ').replace(/^.*?\[ERROR\]\s*/, '').replace(/\s+/g, ' ').trim() || 'it printed no reason';
}

/** The wrangler that `folder` resolves, otherwise the one on PATH. */
function findWrangler(folder) {
  try {
    const manifest = resolveFrom(folder, 'wrangler/package.json');
    const { bin } = createRequire(import.meta.url)(manifest);
    return [process.execPath, join(dirname(manifest), bin.wrangler)];
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
  }
  const names = process.platform === 'win32' ? ['wrangler.cmd', 'wrangler.exe'] : ['wrangler'];
  for (const place of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      if (place && existsSync(join(place, name))) return [join(place, name)];
    }
  }
  throw new DeployError("wrangler is not installed here; R2 and KV need it: run 'npm install --save-dev wrangler'");
}

const resolveFrom = (folder, name) => createRequire(join(resolve(folder), 'package.json')).resolve(name);

/**
 * The default of `--to`: the only R2 bucket or KV namespace in wrangler's configuration, otherwise its folder of
 * assets.
 */
export async function storeInConfiguration({ config, env }) {
  let found;
  try {
    const wrangler = await import(resolveFrom(process.cwd(), 'wrangler'));
    found = (wrangler.unstable_readConfig ?? wrangler.default.unstable_readConfig)({ config, env });
  } catch (error) {
    throw new UsageError(`--to is missing, and wrangler's configuration cannot be read (${error.message.split('\n')[0]})`);
  }
  const stores = [...found.r2_buckets.map((bucket) => `r2:${bucket.bucket_name}`), ...found.kv_namespaces.map(({ binding }) => `kv:${binding}`)];
  if (stores.length === 0 && found.assets?.directory) stores.push(`assets:${resolve(dirname(found.configPath), found.assets.directory)}`);
  if (stores.length === 1) return stores[0];
  const where = found.configPath ?? 'the project (it has no wrangler configuration)';
  throw new UsageError(`--to is missing, and ${where} names ${stores.length === 0 ? 'no R2 bucket, KV namespace or assets' : `several: ${stores.join(', ')}`}`);
}
