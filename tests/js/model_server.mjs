// An HTTP server for one model on a loopback port, with every fault that a store can have.
import { createServer } from 'node:http';

/**
 * Routes: /model (ETag and ranges), /plain (neither), /404, /500, /slow (1 kB at a time), /broken (drops the connection
 * in the middle of each answer, has ranges), /short (drops it, has no ranges), /flipped (one byte is another one).
 * @param {Buffer} bytes
 */
export async function serveModel(bytes) {
  const requests = []; // {path, range, status}
  const state = { etag: '"v1"', bytes, down: false };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const { range } = request.headers;
    requests.push({ path: pathname, range, get status() { return response.statusCode; } });
    if (state.down) return request.socket.destroy();
    const body = state.bytes;
    const begin = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const part = body.subarray(begin);
    const length = { 'content-length': part.length };
    const partial = { ...length, ...(range && { 'content-range': `bytes ${begin}-${body.length - 1}/${body.length}` }) };
    switch (pathname) {
      case '/model':
        if (request.headers['if-none-match'] === state.etag) return response.writeHead(304).end();
        return response.writeHead(range ? 206 : 200, { ...partial, etag: state.etag }).end(part);
      case '/plain':
        return response.writeHead(200, { 'content-length': body.length }).end(body);
      case '/500':
        return response.writeHead(500).end('out of order');
      case '/slow': {
        response.writeHead(200, { 'content-length': body.length });
        let at = 0;
        const timer = setInterval(() => (at < body.length ? response.write(body.subarray(at, (at += 1000))) : response.end()), 5);
        return response.on('close', () => clearInterval(timer));
      }
      case '/broken': {
        response.writeHead(range ? 206 : 200, { ...partial, etag: state.etag });
        const some = part.subarray(0, Math.ceil(body.length / 3));
        if (some.length === part.length) return response.end(some);
        return response.write(some, () => setTimeout(() => request.socket.destroy(), 20));
      }
      case '/short':
        response.writeHead(200, { 'content-length': body.length });
        return response.write(body.subarray(0, 50_000), () => setTimeout(() => request.socket.destroy(), 20));
      case '/flipped': {
        const flipped = Buffer.from(body);
        flipped[flipped.length >> 1] ^= 1;
        return response.writeHead(200, { 'content-length': body.length }).end(flipped);
      }
      default:
        return response.writeHead(404).end('nothing here');
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: (path) => `http://127.0.0.1:${server.address().port}${path}`,
    requests,
    state,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}
