import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * A `docker` for PATH that starts nothing: it writes down what it is asked for, knows images and health as files say, and
 * runs commands of the container with the built command line on this machine.
 */
export class StandInDocker {
  readonly bin: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.bin = join(folder, 'bin');
    mkdirSync(this.bin, { recursive: true });
    for (const name of ['docker', 'docker-compose']) {
      writeFileSync(
        join(this.bin, name),
        SCRIPT.replaceAll('@FOLDER@', folder).replaceAll('@MAIN@', resolve('dist/cli/main.js')),
      );
      chmodSync(join(this.bin, name), 0o755);
    }
    this.health = 'healthy';
    this.upFails = false;
    this.migration = '{"layout":1,"migrated":[]}';
    this.backupCode = 0;
    this.machine = { memoryBytes: 8e9, diskKb: 50e6, compose: '2.29.0' };
    this.version = '27.1.1';
  }

  set health(state: string) {
    writeFileSync(join(this.#folder, 'health'), state);
  }

  /** What `compose up` ends with. */
  set upFails(fails: boolean) {
    writeFileSync(join(this.#folder, 'up'), fails ? '1' : '0');
  }

  /** What a migration of the data says. */
  set migration(report: string) {
    writeFileSync(join(this.#folder, 'migration'), report);
  }

  /** What the one-off backup of the image at hand ends with. */
  set backupCode(code: number) {
    writeFileSync(join(this.#folder, 'backup'), `${code}`);
  }

  /** Of the machine that the engine runs on. */
  set machine({ memoryBytes, diskKb, compose }: { memoryBytes: number; diskKb: number; compose: string }) {
    writeFileSync(join(this.#folder, 'memory'), `${memoryBytes}\n`);
    writeFileSync(join(this.#folder, 'compose'), `${compose}\n`);
    writeFileSync(
      join(this.#folder, 'df'),
      `Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 99999999 1 ${diskKb} 1% /app\n`,
    );
  }

  set version(version: string) {
    writeFileSync(join(this.#folder, 'version'), version);
  }

  /** Makes an image known. */
  addImage(name: string): void {
    writeFileSync(join(this.#folder, `image-${name.replace(/\W/g, '_')}`), '');
  }

  /** What it was asked for, a line each. */
  get calls(): string[] {
    const path = join(this.#folder, 'calls');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }
}

const SCRIPT = `#!/usr/bin/env bash
folder=@FOLDER@
[ "$(basename "$0")" = docker-compose ] && set -- compose "$@"
[ "$1" = --context ] && { echo "$2" >"$folder/context"; shift 2; }
echo "$*" >>"$folder/calls"
image() { echo "$folder/image-$(printf %s "$1" | tr -c 'a-zA-Z0-9_' _)"; }
inside() {
  [ "$1" = npm ] && exec "$@"
  [ "$1" = ets ] && shift
  exec env ETS_DATA_DIR=data-storage node @MAIN@ "$@" \${STAND_IN_ARGUMENTS:-}
}
case $1 in
  version) cat "$folder/version" ;;
  compose)
    [ "$2" = version ] && { cat "$folder/compose"; exit 0; }
    found=
    for file in docker-compose.*.yml; do case " $* " in *" -f $file "*) found=yes ;; esac; done
    [ -n "$found" ] || { echo "no such file: $*" >&2; exit 1; }
    case " $* " in
      *' migrate --back '*) exit 0 ;;
      *' migrate '*) cat "$folder/migration" ;;
      *' backup create '*) exit "$(cat "$folder/backup")" ;;
      *' up -d '*) [ "$(cat "$folder/up")" = 0 ] || { echo 0 >"$folder/up"; exit 1; } ;;
    esac
    exit 0 ;;
  info) cat "$folder/memory" ;;
  ps) exit 0 ;;
  build) [ -f Dockerfile ] || exit 1; touch "$(image ethereum-trading:latest)" ;;
  tag) touch "$(image "$3")" ;;
  image) [ -f "$(image "$3")" ] ;;
  inspect) cat "$folder/health" ;;
  logs) echo 'the last words of the container' ;;
  exec)
    shift
    while [ "$1" != ethereum-trading-system ]; do shift; done
    shift; inside "$@" ;;
  run)
    case " $* " in
      *' --entrypoint df '*) cat "$folder/df"; exit 0 ;;
      *' --entrypoint sh '*) cat >"$folder/volume-$(sed 's/.*--volume //; s/:.*//' <<<"$*").tar"; exit 0 ;;
    esac
    shift
    while [ "$1" != ethereum-trading:latest ]; do shift; done
    shift; inside "$@" ;;
  *) exit 0 ;;
esac
`;
