// Where models are deployed to. A store:
//   label               what messages call it
//   fileLimit, limitIs  bytes that one file may have, and why
//   slow                whether a write may be seen later only
//   published           false: what is written is served when the Worker is deployed the next time
//   read(name)          the text of a small file, or null where there is none
//   replace(name, text) writes it with one write that is seen whole or not at all
//   put(name, path)     stores a large file under a name that is never written with other bytes
//   digest(name)        {bytes, sha256} of what is stored under the name, or null
//   remove(name, bytes) of a file that has, or was to have, so many bytes, and need not be there
// stores.js of onedge/worker reads what these write.
import { UsageError } from '../errors.js';
import { storeInConfiguration, Wrangler } from '../wrangler.js';
import { folder } from './folder.js';
import { kv } from './kv.js';
import { r2 } from './r2.js';

const MIB = 1 << 20;

/** @param {string | undefined} to 'r2:BUCKET', 'kv:BINDING', 'kv:ID', 'assets:FOLDER', 'dir:FOLDER'; left out: as wrangler's configuration says */
export async function openStore(to, options) {
  to ??= process.env.ONEDGE_STORE || (await storeInConfiguration(options));
  const [, kind, place] = to.match(/^(\w+):(.+)$/) ?? [];
  switch (kind) {
    case 'r2':
      return r2(new Wrangler(options), place);
    case 'kv':
      return kv(new Wrangler(options), place);
    case 'dir':
      return folder(place, { label: to });
    case 'assets':
      return folder(place, { label: to, fileLimit: 25 * MIB, limitIs: 'a static asset holds at most 25 MiB', published: false });
    default:
      throw new UsageError(`--to ${to}: expected r2:BUCKET, kv:BINDING or kv:ID, assets:FOLDER, or dir:FOLDER`);
  }
}
