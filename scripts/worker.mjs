// npm run worker [-- --port N]: sets up what is missing, builds the modules and runs the edge Worker of worker/template
// under wrangler on this machine, with the shipped language identifier as its model.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8787' } } });
const root = fileURLToPath(new URL('..', import.meta.url));

for (const [command, ...args] of [['scripts/setup', 'wasm', 'js'], ['scripts/build', 'wasm-simd-module', 'wasm-relaxed-module']]) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
console.log(`
the Worker: http://localhost:${values.port}/ Try:
  curl localhost:${values.port}/predict -H 'content-type: application/json' -d '{"inputs": "Bonjour tout le monde"}'
`);
const args = ['dev', '--config', 'worker/template/wrangler.jsonc', '--assets', 'models/langid', '--port', values.port];
const wrangler = spawn('node_modules/.bin/wrangler', args, {
  cwd: root,
  stdio: 'inherit',
  // Nothing asks the network: neither for metrics nor for where this machine is.
  env: { ...process.env, WRANGLER_SEND_METRICS: process.env.WRANGLER_SEND_METRICS ?? 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => wrangler.kill(signal));
wrangler.on('exit', (code) => process.exit(code ?? 1));
