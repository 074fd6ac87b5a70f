// Preloaded into the program: sends it a signal at the n-th time that it is about to write a file whose path ends in a text.
// Environment: ETS_TEST_SIGNAL, ETS_TEST_AT, ETS_TEST_PATH_END
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { ETS_TEST_SIGNAL, ETS_TEST_AT, ETS_TEST_PATH_END } = process.env;
let seen = 0;
const look = (path) => {
  if (String(path).endsWith(ETS_TEST_PATH_END) && ++seen === Number(ETS_TEST_AT)) process.kill(process.pid, ETS_TEST_SIGNAL);
};
const { open, rename } = fs.promises;
fs.promises.open = async (path, flags, ...more) => {
  if (flags !== 'r') look(path);
  return open(path, flags, ...more);
};
fs.promises.rename = async (from, to) => {
  look(to);
  return rename(from, to);
};
syncBuiltinESMExports();
