#!/usr/bin/env bash
# The system at a glance: ./monitor.sh [--follow] [--every SECONDS]. Shows the container where one runs, else this checkout.
set -euo pipefail
cd "$(dirname "$0")"

readonly CONTAINER=ethereum-trading-system
readonly DOCKER=${DOCKER:-docker}

if command -v "$DOCKER" >/dev/null 2>&1 && [ -n "$("$DOCKER" ps --quiet --filter "name=^${CONTAINER}$" 2>/dev/null)" ]; then
  terminal=()
  if [ -t 1 ]; then terminal=(--tty); fi
  exec "$DOCKER" exec --interactive "${terminal[@]}" "$CONTAINER" ets monitor "$@"
fi
exec node dist/cli/main.js monitor "$@"
