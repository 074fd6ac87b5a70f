import { isAbsolute, join } from 'node:path';

/** In configuration the data directory is called as it is in the container. */
const CONTAINER_DATA = '/app/data/';

/** Where a file of data_sources.yaml lies: below the data directory unless it says otherwise. */
export function declaredFile(path: string, dataDir: string): string {
  const inside = path.startsWith(CONTAINER_DATA) ? path.slice(CONTAINER_DATA.length) : path;
  return isAbsolute(inside) ? inside : join(dataDir, inside);
}
