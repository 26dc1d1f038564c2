// The commands of bin/onedge.mjs: their arguments and output.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPercent } from '../catalog_format.js';
import { isVersion, newestFirst } from '../version.js';
import { modelOf, rollBack, setTraffic } from './catalog.js';
import { changeCatalog, readCatalog } from './change_catalog.js';
import { deploy } from './deploy.js';
import { DeployError, UsageError } from './errors.js';
import { help } from './help.js';
import { prune } from './prune.js';
import { openStore } from './stores/open.js';
import { Wrangler } from './wrangler.js';

const text = { type: 'string' };
const flag = { type: 'boolean' };
const common = { json: flag, help: { type: 'boolean', short: 'h' } };
const storage = { to: text, config: text, env: text, local: flag, 'persist-to': text, ...common };
const dryRun = { 'dry-run': flag };
const packing = { task: text, tokenizer: text, labels: text, quantize: text };

// arguments: the minimum and maximum number. run(arguments, options) returns the --json output; show() prints it for
// people.
const commands = {
  deploy: {
    options: { ...storage, ...dryRun, ...packing, name: text, version: text, traffic: text, worker: flag },
    arguments: [1, 1],
    async run([path], options) {
      const traffic = options.traffic === undefined ? undefined : percentOf(options.traffic);
      if (options.version !== undefined) requireVersion(options.version);
      const store = await openStore(options.to, options);
      const result = await deploy(store, path, { ...options, traffic });
      if (!options.worker) return { ...result, published: store.published };
      const rehearsal = options.dryRun || options.local ? ['--dry-run'] : [];
      options.say(`wrangler deploy ${rehearsal.join(' ')}`);
      options.say((await new Wrangler(options).run(['deploy', ...rehearsal])).trim());
      return { ...result, published: rehearsal.length === 0 || store.published };
    },
    show({ name, version, reason, file, digest, bytes, store, changed, dryRun, traffic, published }) {
      const shares = sharesOf(traffic);
      if (!changed) return `${name} ${version} is deployed in ${store} already, with these bytes: nothing changes (traffic: ${shares})`;
      return [
        `${name} ${version} (${reason}) ${dryRun ? 'would be' : 'is'} in ${store}`,
        `  ${file}, ${bytes} bytes, ${digest}`,
        `  traffic: ${sharesOf(traffic)}`,
        ...(published || dryRun ? [] : ["  it is served when the Worker is deployed: 'npx wrangler deploy', or --worker"]),
      ].join('\n');
    },
  },
  deployments: {
    options: storage,
    arguments: [0, 0],
    async run(_, options) {
      const store = await openStore(options.to, options);
      return { store: store.label, ...(await readCatalog(store)) };
    },
    show({ store, models }) {
      const rows = Object.entries(models).flatMap(([name, { versions, traffic }]) =>
        newestFirst(Object.keys(versions)).map((version) => {
          const { bytes, digest } = versions[version];
          return [name, version, `${traffic[version] ?? 0} %`, String(bytes), digest.slice(0, 19)];
        }),
      );
      if (rows.length === 0) return `${store}: nothing is deployed`;
      return table([['model', 'version', 'traffic', 'bytes', 'digest'], ...rows]);
    },
  },
  rollout: {
    options: { ...storage, ...dryRun },
    arguments: [3, 3],
    async run([name, version, percent], options) {
      requireVersion(version);
      const share = percentOf(percent);
      return changeTraffic(name, (catalog) => setTraffic(catalog, name, version, share), options);
    },
    show: showTraffic,
  },
  rollback: {
    options: { ...storage, ...dryRun },
    arguments: [1, 2],
    async run([name, version], options) {
      if (version !== undefined) requireVersion(version);
      return changeTraffic(name, (catalog) => rollBack(catalog, name, version), options);
    },
    show: showTraffic,
  },
  trim: {
    options: { output: { ...text, short: 'o', default: 'onedge-trimmed' }, task: { ...text, multiple: true, default: [] }, 'no-http': flag, ...common },
    arguments: [1, Infinity],
    async run(models, { output, task, noHttp = false }) {
      const { trim } = await import('../../bin/trim/trim.js');
      return trim(models, { output, tasks: task, http: !noHttp });
    },
    show({ folder, operators, tasks, files }) {
      const rows = files.map(({ file, bytes, brotli, from }) => [join(folder, file), String(bytes), String(brotli), String(from)]);
      const parts = [`${operators.length} operators: ${operators.map((name) => name.replace(/^ai\.onnx\./, '')).join(', ')}`];
      if (tasks.length > 0) parts.push(`tasks: ${tasks.join(', ')}`);
      return [...parts, table([['module', 'bytes', 'with brotli', 'before'], ...rows])].join('\n');
    },
  },
  prune: {
    options: { ...storage, keep: text, 'older-than': text, yes: flag },
    arguments: [1, 1],
    async run([name], { keep, olderThan = '24', yes = false, ...options }) {
      if (keep !== undefined && !/^[1-9]\d*$/.test(keep)) throw new UsageError(`--keep ${keep}: expected a number of versions, at least 1`);
      if (!/^\d+$/.test(olderThan)) throw new UsageError(`--older-than ${olderThan}: expected a number of hours`);
      const store = await openStore(options.to, options);
      return prune(store, name, { keep: keep && Number(keep), olderThan: Number(olderThan), dryRun: !yes, say: options.say });
    },
    show({ name, store, dryRun, versions, files }) {
      if (files.length === 0 && versions.length === 0) return `${store}: nothing to prune for ${name}`;
      const lines = [...versions.map((version) => `${name} ${version}`), ...files].map((line) => `  ${line}`);
      return [`${store}: ${dryRun ? 'these would be removed (--yes removes them)' : 'removed'}`, ...lines].join('\n');
    },
  },
};

async function changeTraffic(name, change, options) {
  const store = await openStore(options.to, options);
  const { catalog, changed } = await changeCatalog(store, change, { dryRun: options.dryRun, say: options.say });
  const { traffic } = modelOf(catalog, name);
  return { name, store: store.label, changed, dryRun: options.dryRun ?? false, published: store.published, traffic };
}

function showTraffic({ name, store, changed, dryRun, published, traffic }) {
  if (!changed) return `${store}: nothing changes; ${name}: ${sharesOf(traffic)}`;
  const later = published || dryRun ? '' : ", when the Worker is deployed: 'npx wrangler deploy'";
  return `${store}: ${name} ${dryRun ? 'would get' : 'gets'} ${sharesOf(traffic)}${later}`;
}

const sharesOf = (traffic) => Object.entries(traffic).map(([version, percent]) => `${version} ${percent} %`).join(', ');

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

function percentOf(given) {
  const percent = /^\d+$/.test(given) ? Number(given) : NaN;
  if (!isPercent(percent)) throw new UsageError(`${given}: expected a whole percentage from 0 to 100`);
  return percent;
}

function requireVersion(given) {
  if (!isVersion(given)) throw new UsageError(`${given}: expected a version like 1.2.3`);
}

/** @param {string[]} given the arguments after the program's name @returns {Promise<number>} the exit status */
export async function runCommand(given, { out = console.log, say = console.error } = {}) {
  const [name = '', ...rest] = given;
  if (['', '-h', '--help', 'help'].includes(name)) {
    (name === '' ? say : out)(help['']);
    return name === '' ? 2 : 0;
  }
  try {
    if (!Object.hasOwn(commands, name)) throw new UsageError(`unknown command '${name}'; 'onedge --help' lists the commands`);
    const command = commands[name];
    const { values, positionals } = parse(name, rest, command);
    if (values.help) {
      out(help[name]);
      return 0;
    }
    const [least, most] = command.arguments;
    if (positionals.length < least || positionals.length > most) throw new UsageError(help[name].split('\n\n')[0]);
    const result = await command.run(positionals, { ...camelCase(values), say });
    out(values.json ? JSON.stringify(result, null, 2) : command.show(result));
    return 0;
  } catch (error) {
    // Errors of the file system (no space, no permission) are not bugs of this program either.
    if (!(error instanceof DeployError || error instanceof UsageError || error.syscall)) throw error;
    say(`onedge: ${error.message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function parse(name, args, { options }) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new UsageError(`${error.message.split('. ')[0]}; 'onedge ${name} --help' lists the options`);
  }
}

// 'dry-run' becomes dryRun.
const camelCase = (values) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()), value]));
