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
    this.version = '27.1.1';
  }

  set health(state: string) {
    writeFileSync(join(this.#folder, 'health'), state);
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
echo "$*" >>"$folder/calls"
image() { echo "$folder/image-$(printf %s "$1" | tr -c 'a-zA-Z0-9_' _)"; }
inside() {
  [ "$1" = ets ] && shift
  exec env ETS_DATA_DIR=data-storage node @MAIN@ "$@" \${STAND_IN_ARGUMENTS:-}
}
case $1 in
  version) cat "$folder/version" ;;
  compose)
    [ "$2" = version ] && { echo 2.29.0; exit 0; }
    for file in docker-compose.*.yml; do case " $* " in *" -f $file "*) exit 0 ;; esac; done
    echo "no such file: $*" >&2; exit 1 ;;
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
    shift
    while [ "$1" != ethereum-trading:latest ]; do shift; done
    shift; inside "$@" ;;
  *) exit 0 ;;
esac
`;
