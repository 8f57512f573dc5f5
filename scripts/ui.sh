#!/usr/bin/env bash
# Builds the web UI into ui/dist, which the binary then embeds; quickly done when nothing
# has changed. Without Node nothing is built, and the binary's page says so.
#
#   ui.sh build    from the lock file, what is missing or older than its sources
#   ui.sh types    the types of the server's own API, from docs/openapi.json
#   ui.sh check    lints, types, unit tests
set -euo pipefail
cd "$(dirname "$0")/../ui"

if ! command -v npm >/dev/null; then
  echo "there is no npm on this machine, so the web UI is left out: install Node 20.19 or later for it" >&2
  exit 0
fi

# One line over all files in the arguments, their names among it.
digest() {
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

# Runs a command unless it was run on the same files before.
once() {
  local stamp=node_modules/.stamp-$1 wanted=$2
  shift 2
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  "$@"
  echo "$wanted" >"$stamp"
}

packages() {
  once packages "$(digest package.json package-lock.json tools/schema/package.json)" npm ci --no-audit --no-fund
}

case ${1:-} in
  build)
    packages
    [ -f dist/index.html ] || rm -f node_modules/.stamp-build
    once build "$(digest src scripts index.html package.json package-lock.json ./*.ts ./*.json)" npm run build
    ;;
  types)
    packages
    npm run types
    ;;
  check)
    packages
    npm run check
    ;;
  *)
    awk 'NR > 1 && /^#/ { sub(/^# ?/, ""); print; next } NR > 1 { exit }' "../scripts/ui.sh" >&2
    exit 2
    ;;
esac
