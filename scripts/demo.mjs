// npm run demo [-- --port N]: sets up what is missing, builds the modules and serves the browser demo on this machine.
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const TYPES = {
  '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.svg': 'image/svg+xml', '.wasm': 'application/wasm',
};
const FOLDERS = ['js', 'dist', 'models'].map((name) => join(root, name) + sep);

/** Serves js/, dist/ and models/ with ETags; / leads to the demo. */
export function serveDemo(port) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/') return response.writeHead(302, { location: '/js/demo/' }).end();
    const file = normalize(join(root, decodeURIComponent(pathname), pathname.endsWith('/') ? 'index.html' : ''));
    if (!FOLDERS.some((folder) => file.startsWith(folder)) || !existsSync(file) || !statSync(file).isFile()) {
      return response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    }
    const { size, mtimeMs } = statSync(file);
    const headers = { etag: `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`, 'cache-control': 'no-cache' };
    if (request.headers['if-none-match'] === headers.etag) return response.writeHead(304, headers).end();
    response.writeHead(200, { ...headers, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': size });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
  for (const [command, ...args] of [['scripts/setup', 'wasm'], ['scripts/build', 'wasm-simd-module', 'wasm-relaxed-module']]) {
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
  const server = await serveDemo(Number(values.port));
  console.log(`the demo: http://localhost:${server.address().port}/`);
}
