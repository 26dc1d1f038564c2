// The stores that models are deployed to. A store:
//   label               its name in messages
//   fileLimit, limitIs  the maximum bytes of a file, and the reason
//   slow                whether others may see a write only later
//   published           false: a write is served only after the next deployment of the Worker
//   read(name)          the text of a small file, or null if it does not exist
//   replace(name, text) writes it in one write that readers see whole or not at all
//   put(name, path)     stores a large file under a name whose bytes never change
//   digest(name)        {bytes, sha256} of the stored file, or null
//   remove(name, bytes) removes a file of this size; an incomplete or absent file is not an error
// stores.js of onedge/worker reads these files.
import { UsageError } from '../errors.js';
import { storeInConfiguration, Wrangler } from '../wrangler.js';
import { folder } from './folder.js';
import { kv } from './kv.js';
import { r2 } from './r2.js';

const MIB = 1 << 20;

/**
 * @param {string | undefined} to 'r2:BUCKET', 'kv:BINDING', 'kv:ID', 'assets:FOLDER', 'dir:FOLDER'; left out: as
 * wrangler's configuration says
 */
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
