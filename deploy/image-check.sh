#!/usr/bin/env bash
# Builds the production image with buildah and runs daily cycles in it with podman, as compose does: not as root, the root
# file system read-only. Then the image of the dev target, and a test suite in it by exec. Needs no Docker engine. Prints one
# line of JSON with the image's size and times.
#   deploy/image-check.sh [NODE_IMAGE]
# Where NODE_IMAGE cannot be had, a Debian from debootstrap with this machine's Node stands in for it. Exit 77: skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

node_image=${1:-${ETS_NODE_IMAGE:-docker.io/library/$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile)}}
image=localhost/ethereum-trading:check
stand_in=localhost/ets-node-stand-in:latest

skip() { echo "skipped: $1" >&2; exit 77; }
for tool in buildah podman runc node; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done
[ "$(id -u)" -eq 0 ] || skip 'building in a chroot needs root'
free_gb=$(($(df --output=avail -k /var/lib | tail -n 1) / 1048576))
[ "$free_gb" -ge 12 ] || skip "$free_gb GB of disk are free under /var/lib, and two images take up to 12 while they are made"

work=$(mktemp -d)
world=ets-image-check-world-$$
daemon=ets-image-check-daemon-$$
dev=ets-image-check-dev-$$
clean() {
  pod rm -f -t 0 "$world" "$daemon" "$dev" >/dev/null 2>&1 || true
  build rmi -f "$image" "$image-dev" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 143' TERM INT
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

# Without layers kept: the driver that works everywhere copies the whole tree for each, some 30 GB for both images.
make_image() { # of a target, under a name
  build bud --isolation chroot --pull-never --layers=false --target "$1" --build-arg "NODE_IMAGE=$node_image" -t "$2" . >"$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log" >&2; exit 1; }
}
started=$(now_ms)
make_image production "$image"
built_ms=$(($(now_ms) - started))

mkdir -p "$work/data" "$work/logs" "$work/config"
chown 10001:10001 "$work/data" "$work/logs"
chmod 755 "$work"
: >"$work/env"
rights=(--network host --read-only --tmpfs /tmp:size=256m --user 10001:10001 --cap-drop all --security-opt no-new-privileges
  --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --env-file "$work/env"
  -v "$work/data:/app/data" -v "$work/logs:/app/logs" -v "$work/config:/app/config:ro")
first_line() { # of what a container says, once it is JSON
  for _ in $(seq 600); do
    pod logs "$1" 2>/dev/null | grep -m 1 '^{"u' && return
    sleep 0.1
  done
  pod logs "$1" >&2
  return 1
}
pod run -d --name "$world" "${rights[@]}" "$image" sandbox --json --seed 5 --start 2024-01-01 --speed 0 --edge 0.3 >/dev/null
first_line "$world" >"$work/config/ends.json"
common=(--endpoints /app/config/ends.json --json --set model.trainDays=80 --set gate.windowDays=30 --set model.trees=20 --set server.port=0)
quiet() { pod exec "$world" "$@" "${common[@]}" >"$work/out.json" 2>"$work/err" || { cat "$work/out.json" >&2; tail -n 5 "$work/err" >&2; exit 1; }; }

# Not root, and nothing but the mounts can be written.
user=$(pod exec "$world" id -u)
[ "$user" = 10001 ] || { echo "the image runs as user $user" >&2; exit 1; }
if pod exec "$world" touch /app/written 2>/dev/null; then echo 'the root file system can be written' >&2; exit 1; fi

# The owner's names, then two days of the daemon in a container of its own.
quiet backfill_data --start 2023-09-05 --end 2023-12-31
quiet train_model --no-fetch
started=$(now_ms)
pod run -d --name "$daemon" "${rights[@]}" "$image" run --days 2 "${common[@]}" >/dev/null
created_ms=$(($(now_ms) - started))
first_line "$daemon" >/dev/null
ready_ms=$(($(now_ms) - started))
code=$(pod wait "$daemon")
[ "$code" -eq 0 ] || { pod logs "$daemon" 2>&1 | tail -n 5 >&2; exit 1; }
two_days_ms=$(($(now_ms) - started))
quiet ets journal
decisions=$(node -p 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).decisions.length' "$work/out.json")
[ "$decisions" -eq 2 ] || { echo "$decisions decisions instead of 2" >&2; exit 1; }

# The suites that the owner runs by `docker exec`.
make_image dev "$image-dev"
pod run -d --name "$dev" --network host --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --entrypoint sleep "$image-dev" infinity >/dev/null
[ "$(pod exec "$dev" id -u)" = 10001 ] || { echo 'the dev image runs as root' >&2; exit 1; }
pod exec "$dev" node_modules/.bin/vitest run src/backtest src/config test/generated-docs.test.ts >"$work/dev.log" 2>&1 ||
  { tail -n 40 "$work/dev.log" >&2; exit 1; }
dev_tests=$(sed -nE 's/^([0-9]+) passed, 0 failed.*/\1/p' "$work/dev.log")
node_version=$(pod exec "$dev" node --version)

bytes=$(pod image inspect --format '{{.Size}}' "$image")
printf '{"imageMb": %d, "builtMs": %d, "createdMs": %d, "readyMs": %d, "twoDaysMs": %d, "user": %d, "readOnlyRoot": true, "devTests": %d, "node": "%s"}\n' \
  "$((bytes / 1000000))" "$built_ms" "$created_ms" "$ready_ms" "$two_days_ms" "$user" "$dev_tests" "$node_version"
