#!/usr/bin/env bash
# Wrangler's commands for R2 objects and KV keys on a folder, as far as onedge uses them, with faults. wrangler.test.mjs has the real one.
#   FAKE_STATE  the folder; FAKE_STATE/calls lists the calls so far
#   FAKE_FAULT  "N before": the Nth call dies and did nothing; "N after": it dies when it is done; "N hang": it never ends;
#               "N bytes": it stores other bytes than it was given; "N run COMMAND": runs this before
set -euo pipefail
mkdir -p "$FAKE_STATE"
kind=$1 verb=$3 key=$4
echo "$kind $verb $key" >>"$FAKE_STATE/calls"
number='' fault='' command=''
read -r number fault command <<<"${FAKE_FAULT:-}" || true
[ "$number" = "$(wc -l <"$FAKE_STATE/calls")" ] || fault=''

local='' from=''
while [ $# -gt 0 ]; do
  case $1 in
    --local) local=yes ;;
    --file | --path) from=$2 ;;
    --namespace-id | --binding) key=$2/$key ;;
  esac
  shift
done
fail() { echo "✘ [ERROR] $*" >&2; exit 1; }
[ "$local" ] || fail "In a non-interactive environment, it is necessary to set a CLOUDFLARE_API_TOKEN"

file=$FAKE_STATE/$kind-${key//\//%2F}
case $fault in
  before) kill -KILL $$ ;;
  hang) echo $$ >"$FAKE_STATE/pid"; exec sleep 1000 ;;
  run) FAKE_FAULT='' bash -c "$command" ;;
esac
case $verb in
  put) if [ "$fault" = bytes ]; then { tail -c +2 "$from" && echo; } >"$file"; else cp "$from" "$file"; fi ;;
  delete) rm -f "$file" ;;
  get)
    if [ ! -e "$file" ]; then
      [ "$kind" = kv ] || fail "The specified key does not exist."
      echo "Value not found"
    elif [ "$kind" = kv ]; then cat "$file"; else cp "$file" "$from"; fi ;;
esac
[ "$fault" != after ] || kill -KILL $$
