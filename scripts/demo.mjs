// npm run demo [-- --port N]: installs missing tools, builds the modules and serves the browser demo on this machine.
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
// The page has the same policy in its <meta>; workers take theirs from the headers of their script.
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': POLICY,
  'cross-origin-embedder-policy': 'require-corp', // with the next: the page may use threads
  'cross-origin-opener-policy': 'same-origin',
  'service-worker-allowed': '/js/', // js/demo/offline.js: the demo's service worker serves the package's files, too
  'x-content-type-options': 'nosniff',
};
const FOLDERS = ['js', 'dist', 'models'].map((name) => join(root, name) + sep);

// An undecodable path names no file.
function pathOf(url) {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return '/%';
  }
}

/** Serves js/, dist/ and models/ with ETags; / leads to the demo. Port 0: any free port. */
export function serveDemo(port) {
  const server = createServer((request, response) => {
    const pathname = pathOf(request.url);
    if (pathname === '/' || pathname === '/js/demo') return response.writeHead(302, { location: '/js/demo/' }).end();
    const file = normalize(join(root, pathname, pathname.endsWith('/') ? 'index.html' : ''));
    if (!FOLDERS.some((folder) => file.startsWith(folder)) || !existsSync(file) || !statSync(file).isFile()) {
      return response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    }
    const { size, mtimeMs } = statSync(file);
    const headers = { ...HEADERS, etag: `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"` };
    if (request.headers['if-none-match'] === headers.etag) return response.writeHead(304, headers).end();
    response.writeHead(200, { ...headers, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': size });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
  for (const [command, ...args] of [['scripts/setup', 'wasm'], ['scripts/build', 'wasm-simd-module', 'wasm-relaxed-module']]) {
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
  try {
    const server = await serveDemo(Number(values.port));
    console.log(`the demo: http://localhost:${server.address().port}/`);
  } catch (error) {
    console.error(`npm run demo: port ${values.port}: ${error.message}; another one: npm run demo -- --port 8081`);
    process.exit(1);
  }
}
