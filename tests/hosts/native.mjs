// The native program as a host: answers of `onedge run --json`.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export function classifyNatively(model, sentences, topK) {
  const texts = sentences.flatMap((text) => ['--text', text]);
  const args = ['run', `models/langid/${model}`, '--json', '--top-k', String(topK), ...texts];
  return JSON.parse(execFileSync(`${root}/build/native/onedge`, args, { cwd: root, maxBuffer: 1 << 26 }));
}
