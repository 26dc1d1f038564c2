// What --help prints.

const storage = `
Where the models are:
  --to STORE            r2:BUCKET, kv:BINDING or kv:ID (of a namespace), assets:FOLDER, dir:FOLDER; left out: $ONEDGE_STORE, or the one
                        that wrangler's configuration names
  --config FILE         wrangler's configuration
  --env NAME            wrangler's environment
  --local               the local storage of wrangler dev, not the one at Cloudflare
  --persist-to FOLDER   where that is; default: wrangler's own

  --json                one JSON document on stdout
  -h, --help            this text
R2 and KV are reached through the wrangler of your project. Exit status: 0 done, 1 failed, 2 wrong usage.`;

export const help = {
  '': `usage: onedge COMMAND ...

  deploy MODEL                    put a model where an edge Worker reads it, and roll it out
  deployments                     list models, versions and their traffic
  rollout NAME VERSION PERCENT    give a version a part of the traffic
  rollback NAME [VERSION]         give the traffic back
  prune NAME                      remove archives that no version names

'onedge COMMAND --help' says more. Running, packing and inspecting models here is done by the native program of the same name, which is
not in the npm package.`,

  deploy: `usage: onedge deploy MODEL.onedge [options]
       onedge deploy MODEL.onnx [--task TASK] [--tokenizer F] [--labels F] [--quantize int8] [options]

Loads the model, uploads it under a name that is its own for ever, reads it back, and enters it in the store's catalog, with one write.
The same bytes again change nothing; a changed model becomes the next version.

  --name NAME           default: the package's
  --version V           default: the package's if it is newer than all deployed ones, else the next patch version
  --traffic P           percent of the requests that it gets; default 100. 0: only deployed. The first version of a model gets all
  --worker              then runs 'wrangler deploy' (with --local or --dry-run: 'wrangler deploy --dry-run')
  --dry-run             writes nothing
For an .onnx model, which the native program packs ($ONEDGE_NATIVE, or on PATH): --task, --tokenizer, --labels, --quantize as 'onedge pack'.
${storage}`,

  deployments: `usage: onedge deployments [options]

Lists the models, their versions and the percentage of the requests that each gets.
${storage}`,

  rollout: `usage: onedge rollout NAME VERSION PERCENT [options]

Gives a version so many percent of its model's requests. The other versions keep their proportions in what is left.

  --dry-run             writes nothing
${storage}`,

  rollback: `usage: onedge rollback NAME [VERSION] [options]

All requests to VERSION. Left out: while several versions share them, none to the newest of these; else all to the version before the
one that has them.

  --dry-run             writes nothing
${storage}`,

  prune: `usage: onedge prune NAME [options]

Removes the archives of a model that no version names: of interrupted uploads, and of versions that --keep takes out. Says which;
removes them with --yes.

  --keep N              also takes the versions without traffic out of the catalog, but for the newest N of all
  --older-than HOURS    leaves uploads alone that were begun later than that; default 24
  --yes                 does it
${storage}`,
};
