#!/usr/bin/env bash
# Checks the host, builds the image, backs up, migrates the data, starts the system, waits until it is healthy, and goes back to
# the image and the form of the data before where it does not become healthy.
set -euo pipefail
cd "$(dirname "$0")"

readonly IMAGE=ethereum-trading:latest
readonly PREVIOUS=ethereum-trading:previous
readonly CONTAINER=ethereum-trading-system
readonly SERVICE=ethereum-trading-system
readonly MIN_MEMORY_KB=$((4 * 1000 * 1000))
readonly MIN_DISK_KB=$((20 * 1000 * 1000))
readonly DOCKER=${DOCKER:-docker}

production=false
certificate=
key=
monitoring=
context=
migrated=false
wait_s=${DEPLOY_WAIT_S:-120}

usage() {
  cat <<'TEXT'
Usage: ./deploy.sh [--production] [--ssl-cert=FILE --ssl-key=FILE] [--monitoring=prometheus] [--host CONTEXT]

  --production             docker-compose.prod.yml instead of the staging one
  --ssl-cert, --ssl-key    TLS for the API; both or none, and they must belong together
  --monitoring=prometheus  also starts Prometheus, Alertmanager and Grafana (with --production)
  --host CONTEXT           a Docker context: deploy to that machine. Data, logs, configuration and certificates live in volumes
                           there; config/ of this checkout, the certificate and deploy/ are copied into them
TEXT
}

fail() {
  printf 'deploy: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
  exit "${3:-1}"
}

say() { printf 'deploy: %s\n' "$1"; }

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      --production) production=true ;;
      --ssl-cert=*) certificate=${1#*=} ;;
      --ssl-key=*) key=${1#*=} ;;
      --monitoring=*) monitoring=${1#*=} ;;
      --host=*) context=${1#*=} ;;
      --host) shift; context=${1:-} ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; fail "unknown option $1" '' 2 ;;
    esac
    shift
  done
  if [ -n "$monitoring" ] && ! $production; then fail '--monitoring belongs to --production' '' 2; fi
  case $monitoring in '' | prometheus) ;; *) fail "--monitoring=$monitoring is not known" 'Only prometheus is.' 2 ;; esac
}

engine() { "$DOCKER" ${context:+--context "$context"} "$@"; }

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

check_engine() {
  command -v "$DOCKER" >/dev/null || fail "$DOCKER is not installed" 'Install Docker 20.10 or newer.'
  local docker compose
  docker=$(engine version --format '{{.Server.Version}}' 2>/dev/null) || fail 'the Docker engine does not answer' 'Is it running, and may you use it?'
  at_least "$docker" 20.10 || fail "Docker $docker is too old" '20.10 or newer is needed.'
  compose=$(engine compose version --short 2>/dev/null) || fail 'Docker Compose is missing' 'Install the Compose plugin 2.0 or newer.'
  at_least "${compose#v}" 2.0 || fail "Compose $compose is too old" '2.0 or newer is needed.'
}

check_host() {
  local memory disk
  if [ -n "$context" ]; then
    memory=$(engine info --format '{{.MemTotal}}') || fail "the engine of $context does not say how much memory it has"
    memory=$((memory / 1000))
  else
    memory=$(awk '/MemTotal/ {print $2}' "${ETS_MEMINFO:-/proc/meminfo}")
    disk=$(df -Pk . | awk 'NR == 2 {print $4}')
    enough_disk "$disk"
  fi
  [ "$memory" -ge "$MIN_MEMORY_KB" ] || fail "only $((memory / 1000)) MB of memory" '4 GB are needed.'
}

enough_disk() { [ "$1" -ge "$MIN_DISK_KB" ] || fail "only $(($1 / 1000000)) GB of free disk" '20 GB are needed.'; }

# Where another machine's containers keep their files only a container there can tell.
check_remote_disk() {
  [ -n "$context" ] || return 0
  local disk
  disk=$(engine run --rm --entrypoint df "$IMAGE" -Pk /app | awk 'NR == 2 {print $4}') || fail "cannot run the image on $context"
  enough_disk "$disk"
}

check_environment() {
  [ -f .env ] || fail 'there is no .env' 'cp .env.example .env, and fill it in.'
  if [ -n "$(find .env -perm /o+r)" ]; then say 'warning: .env can be read by everybody; chmod 600 .env'; fi
  # In a container the API is reached from outside of it, so it needs a token.
  make_token ETS_API_TOKEN
  if [ -n "$monitoring" ]; then
    make_token ETS_METRICS_TOKEN
    make_token ETS_GRAFANA_PASSWORD
    [ -f deploy/secrets/alertmanager_webhook_url ] ||
      fail 'there is no deploy/secrets/alertmanager_webhook_url' 'Write the address that alerts are posted to into it.'
    (umask 077 && sed -n 's/^ETS_METRICS_TOKEN=//p' .env | tail -n 1 | tr -d '\n' >deploy/secrets/ets_metrics_token)
    chmod 644 deploy/secrets/ets_metrics_token
  fi
}

# Writes a token into .env where it has none.
make_token() {
  if grep -q "^$1=." .env; then return 0; fi
  set_variable "$1" "$(openssl rand -hex 32)"
  say "made a $1; it is in .env"
}

set_variable() {
  if grep -qx "$1=$2" .env; then return 0; fi
  sed -i "/^$1=/d" .env
  printf '%s=%s\n' "$1" "$2" >>.env
}

# What Prometheus asks, and how: with TLS on the API over HTTPS.
write_targets() {
  [ -n "$monitoring" ] || return 0
  local scheme=http
  if [ -n "${ETS_TLS_CERT_FILE:-}" ]; then scheme=https; fi
  printf -- '- targets: ["%s:8080"]\n  labels: { __scheme__: %s }\n' "$SERVICE" "$scheme" >deploy/secrets/targets.yml
  chmod 644 deploy/secrets/targets.yml
}

check_port() {
  [ -z "$context" ] || return 0
  if [ -n "$(engine ps --quiet --filter "name=^${CONTAINER}$" 2>/dev/null)" ]; then return 0; fi
  local port=${ETS_PUBLISH##*:}
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    fail "port $port is in use" 'Stop what listens there, or set ETS_PUBLISH to another address, such as 127.0.0.1:8090.'
  fi
}

check_certificate() {
  [ -n "$certificate$key" ] || return 0
  [ -n "$certificate" ] && [ -n "$key" ] || fail '--ssl-cert and --ssl-key belong together' '' 2
  [ -r "$certificate" ] || fail "cannot read the certificate $certificate"
  [ -r "$key" ] || fail "cannot read the key $key"
  [ -z "$(find "$key" -perm /o+rwx)" ] || fail "the key $key is open to everybody" "chmod 600 $key"
  local of_certificate of_key
  of_certificate=$(openssl x509 -in "$certificate" -noout -pubkey 2>/dev/null) || fail "$certificate is not a PEM certificate"
  of_key=$(openssl pkey -in "$key" -pubout 2>/dev/null) || fail "$key is not a PEM private key"
  [ "$of_certificate" = "$of_key" ] || fail 'the certificate and the key do not belong together'
  openssl x509 -in "$certificate" -noout -checkend 0 >/dev/null || fail 'the certificate has expired'
  openssl x509 -in "$certificate" -noout -checkend $((30 * 86400)) >/dev/null || say 'warning: the certificate expires within 30 days'
}

make_directories() {
  ETS_UID=10001
  ETS_GID=10001
  if [ -z "$context" ]; then
    mkdir -p data-storage/{raw,processed,external,models,trades,backups} logs config
    local folder
    for folder in data-storage logs config; do
      chmod 755 "$folder" 2>/dev/null || fail "$folder belongs to somebody else" "sudo chown -R $(id -un) $folder"
    done
    # The container runs as whoever owns the data: this user, or its own where that is root.
    if [ "$(id -u)" = 0 ]; then
      chown -R 10001:10001 data-storage logs
    else
      ETS_UID=$(id -u)
      ETS_GID=$(id -g)
      for folder in data-storage logs; do
        [ -w "$folder" ] || fail "$folder cannot be written" "sudo chown -R $(id -un) $folder"
      done
    fi
  fi
  export ETS_UID ETS_GID
  # For whoever starts the compose file by hand.
  set_variable ETS_UID "$ETS_UID"
  set_variable ETS_GID "$ETS_GID"
}

install_certificate() {
  [ -n "$certificate" ] || return 0
  install -D -m 644 "$certificate" config/tls/cert.pem
  install -D -m 600 "$key" config/tls/key.pem
  if [ "$(id -u)" = 0 ]; then chown -R "$ETS_UID:$ETS_GID" config/tls; fi
}

# Certificates of a deployment before stay in use.
use_certificate() {
  [ -f config/tls/cert.pem ] && [ -f config/tls/key.pem ] || return 0
  export ETS_TLS_CERT_FILE=/app/config/tls/cert.pem ETS_TLS_KEY_FILE=/app/config/tls/key.pem
}

# Folders that containers on another machine read, copied into volumes there.
fill_volumes() {
  [ -n "$context" ] || return 0
  fill_volume ets-config config
  fill_volume ets-data ''
  fill_volume ets-logs ''
  [ -n "$monitoring" ] || return 0
  fill_volume ets-secrets deploy/secrets
  fill_volume ets-prometheus-config deploy/prometheus
  fill_volume ets-alertmanager-config deploy/alertmanager
  fill_volume ets-grafana-provisioning deploy/grafana/provisioning
  fill_volume ets-grafana-dashboards deploy/grafana/dashboards
}

# With an empty folder the volume is only made, and given to the container's user.
fill_volume() {
  local volume=$1 folder=$2
  { if [ -n "$folder" ]; then tar -C "$folder" -cf - .; fi; } |
    engine run --rm --interactive --user 0 --entrypoint sh --volume "$volume:/to" "$IMAGE" \
      -c "cat >/tmp/in.tar; [ ! -s /tmp/in.tar ] || tar -C /to --no-same-owner -xf /tmp/in.tar; chown -R $ETS_UID:$ETS_GID /to" ||
    fail "cannot fill the volume $volume on $context"
}

compose() {
  local file=docker-compose.staging.yml
  if $production; then file=docker-compose.prod.yml; fi
  local -a files=(-f "$file")
  if [ -n "$context" ]; then
    # Their paths are below this folder, not below deploy/.
    files=(--project-directory . "${files[@]}" -f deploy/docker-compose.remote.yml)
    if [ -n "$monitoring" ]; then files+=(-f deploy/docker-compose.remote-monitoring.yml); fi
  fi
  engine compose "${files[@]}" ${monitoring:+--profile monitoring} "$@"
}

# One command of the image at hand, on the data.
once() { compose run --rm --no-deps -T "$SERVICE" "$@"; }

# Only what this deployment changed may be taken back.
migrate() {
  local report status=0
  report=$(once migrate --json) || status=$?
  case $report in *'"migrated":[]'*) ;; *) migrated=true ;; esac
  return "$status"
}

healthy() { [ "$(engine inspect --format '{{.State.Health.Status}}' "$CONTAINER" 2>/dev/null)" = healthy ]; }

wait_until_healthy() {
  local waited=0
  until healthy; do
    [ "$waited" -lt "$wait_s" ] || return 1
    sleep 1
    waited=$((waited + 1))
  done
}

has_previous() { engine image inspect "$PREVIOUS" >/dev/null 2>&1; }

roll_back() {
  engine logs --tail 50 "$CONTAINER" >&2 || true
  if ! has_previous; then
    compose down
    fail "$1, and there is no image before to go back to" 'The log above says why.'
  fi
  compose stop "$SERVICE" >&2 || true
  if $migrated; then
    once migrate --back >&2 || say 'warning: the data keep their new form; the backup that was made before has the old one'
  fi
  engine tag "$PREVIOUS" "$IMAGE"
  compose up -d --no-build >&2 || fail "$1, and the image before does not start either" 'The log above says why.'
  if wait_until_healthy; then fail "$1; went back to the image before, which is healthy" 'The log above says why.'; fi
  fail "$1; went back to the image before, which is not healthy either" 'ets check-status in the container says why.'
}

main() {
  parse "$@"
  export ETS_CONTAINER=$CONTAINER ETS_PUBLISH=${ETS_PUBLISH:-127.0.0.1:8080}
  export ETS_STAGING_DATA=./data-storage ETS_STAGING_LOGS=./logs
  check_certificate
  check_environment
  check_engine
  check_host
  check_port
  make_directories
  if engine image inspect "$IMAGE" >/dev/null 2>&1; then
    say 'backing up'
    once backup create --json >/dev/null || fail 'the backup before the upgrade failed' 'Nothing was changed. ets backup create says why.'
    engine tag "$IMAGE" "$PREVIOUS"
  fi
  say 'building'
  local commit
  commit=$(git rev-parse HEAD 2>/dev/null || true)
  engine build --target production ${commit:+--build-arg "ETS_GIT_COMMIT=$commit"} -t "$IMAGE" .
  check_remote_disk
  install_certificate
  use_certificate
  write_targets
  fill_volumes
  if has_previous; then
    say 'migrating'
    compose stop "$SERVICE"
    migrate || roll_back 'the data could not be brought to the new form'
  fi
  say 'starting'
  compose up -d --no-build || roll_back 'the containers did not start'
  wait_until_healthy || roll_back "not healthy within $wait_s s"
  say 'healthy'
}

main "$@"
