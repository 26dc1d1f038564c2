// The worker's side of `worker: true`: one model, which handles messages in order.
import { loadModel } from '../loading.js';
import { Model } from '../model.js';
import { Source } from '../source.js';
import { buffersIn, packError } from './messages.js';

/**
 * Messages: {id, call: one of `calls`, ...}, answered by {id, result | error, stats} and, while loading, {id,
 * progress}; {abort: id}; and, if the main thread reads the source, {chunk | end | error} for each {pull: true}.
 * @param {(message: object, transfer?: ArrayBuffer[]) => void} post
 * @param {(listener: (message: object) => void) => void} listen
 */
export function serve(post, listen) {
  const running = new Map(); // id -> AbortController
  const sessions = new Map(); // number -> Session
  let model;
  let lastSession = 0;
  let pulled; // resolves with the next chunk

  async function* pull() {
    for (;;) {
      const { chunk, end, error } = await new Promise((resolve) => {
        pulled = resolve;
        post({ pull: true });
      });
      if (error) throw new Error(error);
      if (end) return;
      yield chunk;
    }
  }

  const calls = {
    async load({ id, source, total, options }, signal) {
      const onProgress = (progress) => post({ id, progress });
      const opened = Source.of(source ?? { total, [Symbol.asyncIterator]: pull });
      model = new Model(await loadModel(opened, { ...options, signal, onProgress }));
      const vocabularySize = model.tokenizer?.vocabularySize;
      return { description: model.description, vocabularySize };
    },
    run: ({ input, options, flag }, signal) => model.run(input, { ...options, signal, cancelled: cancelledBy(flag) }),
    async session() {
      const session = await model.session();
      sessions.set(++lastSession, session);
      return { session: lastSession, stats: session.stats() };
    },
    async useSession({ session, method, feeds, options, flag }, signal) {
      const used = sessions.get(session);
      const result = await used[method](feeds, { ...options, signal, cancelled: cancelledBy(flag) });
      return { result, stats: used.stats() };
    },
    async endSession({ session }) {
      sessions.get(session).dispose();
      sessions.delete(session);
    },
    tokenizer: async ({ method, args }) => plain(model.tokenizer[method](...args)),
  };

  listen(async (message) => {
    if (message.abort !== undefined) return running.get(message.abort)?.abort();
    if (!message.call) return pulled?.(message);
    const { id, call } = message;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await calls[call](message, controller.signal);
      post({ id, result, stats: model.stats() }, buffersIn(result));
    } catch (error) {
      post({ id, error: packError(error), stats: model?.stats() });
    } finally {
      running.delete(id);
    }
  });
}

const cancelledBy = (flag) => flag && (() => Atomics.load(flag, 0) !== 0);

// Encodings without their getters, which messages cannot carry.
const plain = (result) => (Array.isArray(result) ? result.map(plain) : (result?.toJSON?.() ?? result));
