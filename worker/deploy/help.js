// The texts of --help.

const storage = `
Store:
  --to STORE            r2:BUCKET, kv:BINDING or kv:ID (of a namespace), assets:FOLDER, dir:FOLDER; default: $ONEDGE_STORE, or the only
                        store in wrangler's configuration
  --config FILE         wrangler's configuration
  --env NAME            wrangler's environment
  --local               the local storage of wrangler dev, not Cloudflare's
  --persist-to FOLDER   the folder of the local storage; default: wrangler's

  --json                one JSON document on stdout
  -h, --help            this text
R2 and KV need the wrangler of your project. Exit status: 0 done, 1 failed, 2 wrong usage.`;

export const help = {
  '': `usage: onedge COMMAND ...

  deploy MODEL                    upload a model for an edge Worker and roll it out
  deployments                     list models, versions and their traffic
  rollout NAME VERSION PERCENT    give a version a share of the traffic
  rollback NAME [VERSION]         give the traffic back
  prune NAME                      remove archives that no version names
  trim MODEL ...                  write WebAssembly modules with only what these models need

'onedge COMMAND --help' has the details. To run, pack and inspect models, use the native program of the same name, which is not in the npm
package.`,

  deploy: `usage: onedge deploy MODEL.onedge [options]
       onedge deploy MODEL.onnx [--task TASK] [--tokenizer F] [--labels F] [--quantize int8] [options]

Loads the model, uploads it under an immutable name, reads it back, and adds it to the store's catalog in one write. Deploying the same bytes
again changes nothing; a changed model becomes the next version.

  --name NAME           default: the package's
  --version V           default: the package's if it is newer than all deployed ones, else the next patch version
  --traffic P           its percentage of the requests; default 100. 0: upload only. The first version of a model gets all requests
  --worker              then run 'wrangler deploy' (with --local or --dry-run: 'wrangler deploy --dry-run')
  --dry-run             write nothing
For an .onnx model, which the native program packs ($ONEDGE_NATIVE, or on PATH): --task, --tokenizer, --labels, --quantize as in 'onedge pack'.
${storage}`,

  deployments: `usage: onedge deployments [options]

Lists the models, their versions and each version's percentage of the requests.
${storage}`,

  rollout: `usage: onedge rollout NAME VERSION PERCENT [options]

Gives a version PERCENT of its model's requests. The other versions share the rest in their present proportions.

  --dry-run             write nothing
${storage}`,

  rollback: `usage: onedge rollback NAME [VERSION] [options]

Gives all requests to VERSION. Without VERSION: if several versions share the requests, the newest loses its share; otherwise the previous
version gets all requests.

  --dry-run             write nothing
${storage}`,

  trim: `usage: onedge trim MODEL ... [-o FOLDER] [options]

Writes copies of this package's WebAssembly modules without the operators, tasks and tokenizers that none of the models uses. MODEL is an
.onedge or .onnx file, its URL, or the file of a tokenizer. Pass a module of FOLDER as the option 'wasm' of load(). docs/trim.md has examples.

  -o, --output FOLDER   default: onedge-trimmed
  --task TASK           keep this task, too, not only those of the models; may be repeated
  --no-http             leave out the HTTP interface of onedge/worker
  --json                one JSON document on stdout
  -h, --help            this text
Exit status: 0 done, 1 failed, 2 wrong usage.`,

  prune: `usage: onedge prune NAME [options]

Removes archives of a model that no version names: of interrupted uploads, and of versions that --keep removes. It lists them; with --yes it
removes them.

  --keep N              also remove versions without traffic from the catalog, except the newest N of all
  --older-than HOURS    keep uploads that began later than this; default 24
  --yes                 remove them
${storage}`,
};
