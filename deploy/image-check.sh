#!/usr/bin/env bash
# Builds the production image with buildah and runs daily cycles in it with podman, as compose does: not as root, the root
# file system read-only. Needs no Docker engine. Prints one line of JSON with the image's size and times.
#   deploy/image-check.sh [NODE_IMAGE]
# Where NODE_IMAGE cannot be had, a Debian from debootstrap with this machine's Node stands in for it. Exit 77: skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

node_image=${1:-${ETS_NODE_IMAGE:-docker.io/library/node:24-bookworm-slim}}
image=localhost/ethereum-trading:check
stand_in=localhost/ets-node-stand-in:latest

skip() { echo "skipped: $1" >&2; exit 77; }
for tool in buildah podman runc node; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done
[ "$(id -u)" -eq 0 ] || skip 'building in a chroot needs root'

work=$(mktemp -d)
sandbox=
clean() {
  [ -z "$sandbox" ] || pod rm -f -t 0 "$sandbox" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean EXIT
build() { buildah --storage-driver vfs "$@"; }
pod() { podman --storage-driver vfs --runtime runc --cgroup-manager cgroupfs "$@"; }
now_ms() { date +%s%3N; }

# A Debian with this Node, under a name that the Dockerfile can be given.
make_stand_in() {
  command -v debootstrap >/dev/null || skip "$node_image cannot be pulled, and debootstrap is not installed"
  debootstrap --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$work/base" >"$work/debootstrap.log" 2>&1 ||
    skip "$node_image cannot be pulled, and debootstrap failed: $(tail -n 1 "$work/debootstrap.log")"
  local node npm container
  node=$(readlink -f "$(command -v node)")
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  install -D "$node" "$work/base/usr/local/bin/node"
  mkdir -p "$work/base/usr/local/lib/node_modules"
  cp -r "$npm" "$work/base/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/base/usr/local/bin/npm"
  container=$(build from scratch)
  build add -q "$container" "$work/base" / >/dev/null
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    build add -q "$container" "$NODE_EXTRA_CA_CERTS" /etc/extra-ca.crt >/dev/null
    build config --env NODE_EXTRA_CA_CERTS=/etc/extra-ca.crt --env npm_config_cafile=/etc/extra-ca.crt "$container"
  fi
  build commit -q --rm "$container" "$stand_in" >/dev/null
}

if ! build inspect --type image "$node_image" >/dev/null 2>&1 && ! timeout 120 buildah --storage-driver vfs pull -q "$node_image" >/dev/null 2>&1; then
  build inspect --type image "$stand_in" >/dev/null 2>&1 || make_stand_in
  node_image=$stand_in
fi

started=$(now_ms)
build bud --isolation chroot --pull-never --target production --build-arg "NODE_IMAGE=$node_image" -t "$image" . >"$work/build.log" 2>&1 ||
  { tail -n 30 "$work/build.log" >&2; exit 1; }
built_ms=$(($(now_ms) - started))

mkdir -p "$work/data" "$work/logs" "$work/config"
chown 10001:10001 "$work/data" "$work/logs"
chmod 755 "$work"
: >"$work/env"
run_in() {
  pod run --rm --network host --read-only --tmpfs /tmp:size=256m --user 10001:10001 --cap-drop all \
    --security-opt no-new-privileges --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --env-file "$work/env" \
    -v "$work/data:/app/data" -v "$work/logs:/app/logs" -v "$work/config:/app/config:ro" "$@"
}
sandbox=ets-image-check-$$
run_in -d --name "$sandbox" "$image" sandbox --json --seed 5 --start 2024-01-01 --speed 0 --edge 0.3 >/dev/null
for _ in $(seq 100); do
  pod logs "$sandbox" 2>/dev/null | head -n 1 >"$work/config/ends.json" || true
  [ -s "$work/config/ends.json" ] && break
  sleep 0.2
done
common=(--endpoints /app/config/ends.json --json --set model.trainDays=80 --set model.trees=20 --set server.port=0)
quiet() { run_in "$image" "$@" "${common[@]}" >"$work/out.json" 2>"$work/err" || { cat "$work/out.json" >&2; tail -n 5 "$work/err" >&2; exit 1; }; }

quiet backfill --start 2023-09-05 --end 2023-12-31
quiet train --no-fetch
started=$(now_ms)
run_in "$image" run --days 2 "${common[@]}" 2>"$work/err" >"$work/ready.fifo.json" &
daemon=$!
while [ ! -s "$work/ready.fifo.json" ] && kill -0 "$daemon" 2>/dev/null; do sleep 0.05; done
ready_ms=$(($(now_ms) - started))
wait "$daemon" || { tail -n 5 "$work/err" >&2; exit 1; }
cycles_ms=$(($(now_ms) - started))
quiet journal
decisions=$(node -p 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).decisions.length' "$work/out.json")
[ "$decisions" -eq 2 ] || { echo "$decisions decisions instead of 2" >&2; exit 1; }

# Not root, and nothing but the mounts can be written.
user=$(run_in --entrypoint id "$image" -u)
[ "$user" = 10001 ] || { echo "the image runs as user $user" >&2; exit 1; }
if run_in --entrypoint touch "$image" /app/written 2>/dev/null; then echo 'the root file system can be written' >&2; exit 1; fi
bytes=$(pod image inspect --format '{{.Size}}' "$image")
printf '{"imageMb": %d, "builtMs": %d, "readyMs": %d, "twoDaysMs": %d, "user": %d, "readOnlyRoot": true}\n' \
  "$((bytes / 1000000))" "$built_ms" "$ready_ms" "$cycles_ms" "$user"
