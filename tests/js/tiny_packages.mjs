// The tiny models of tests/ort, packed by the native program, and the native program's answers for them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeTinyModels } from '../ort/tiny_models.mjs';

const program = fileURLToPath(new URL('../../build/native/onedge', import.meta.url));

/** `onedge args...`: its standard output. */
export const onedge = (...args) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] });

export class TinyPackages {
  folder = mkdtempSync(join(tmpdir(), 'onedge-tiny-'));

  constructor() {
    writeTinyModels(this.folder);
  }

  /** The path of a package of the model for the task; `more`: further arguments of `onedge pack`. */
  pack(model, task, ...more) {
    const output = join(this.folder, `${[model, task, ...more].join('_').replace(/[^\w-]/g, '')}.onedge`);
    if (existsSync(output)) return output;
    const folder = join(this.folder, model);
    const tokenizer = join(folder, 'tokenizer.json');
    const tokenizes = existsSync(tokenizer) ? ['--tokenizer', tokenizer] : [];
    onedge('pack', join(folder, 'onnx', 'model.onnx'), '--task', task, '--config', folder, ...tokenizes, ...more, '-o', output);
    return output;
  }

  /** A file that the native program reads as this RGB image. */
  imageFile(pixels, width, height) {
    const path = join(this.folder, 'image.ppm');
    writeFileSync(path, Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), pixels]));
    return path;
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
