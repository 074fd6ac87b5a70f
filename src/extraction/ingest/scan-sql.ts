import type { Cell } from './raw-table.ts';

/** What a dump says that matters: which columns a table has, and rows of it. */
export type DumpStatement =
  | { readonly kind: 'create'; readonly table: string; readonly columns: readonly string[] }
  | { readonly kind: 'rows'; readonly table: string; readonly columns: readonly string[]; readonly rows: Cell[][] };

const NAME = '(?:`[^`]+`|"[^"]+"|[\\w$]+)';
const QUALIFIED = `(?:${NAME}\\.)?(${NAME})`;
const COPY = new RegExp(`^COPY\\s+${QUALIFIED}\\s*\\(([^)]*)\\)\\s+FROM\\s+stdin;`, 'i');
const INSERT = new RegExp(`^(?:INSERT|REPLACE)\\s+(?:IGNORE\\s+)?INTO\\s+${QUALIFIED}\\s*(?:\\(([^)]*)\\))?\\s*VALUES\\s*`, 'i');
const CREATE = new RegExp(`^CREATE\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${QUALIFIED}\\s*\\(`, 'i');
const NO_COLUMN = /^(PRIMARY|UNIQUE|KEY|INDEX|CONSTRAINT|FOREIGN|CHECK|FULLTEXT|SPATIAL|EXCLUDE|LIKE)\b/i;

const unquote = (name: string) => name.trim().replace(/^["`]|["`]$/g, '');
const namesOf = (list: string | undefined) => (list ?? '').split(',').map(unquote).filter(Boolean);

/** Statements of a dump, one after the other, in time that grows with its length alone. */
export function* scanSql(text: string, damaged: (why: string) => Error): Generator<DumpStatement> {
  let at = 0;
  while (at < text.length) {
    at = skipBlank(text, at);
    if (at >= text.length) return;
    const head = text.slice(at, at + 4_096);
    const copy = COPY.exec(head);
    const insert = INSERT.exec(head);
    const create = CREATE.exec(head);
    if (copy) {
      const { rows, end } = readCopy(text, at + copy[0].length, damaged);
      yield { kind: 'rows', table: unquote(copy[1]!), columns: namesOf(copy[2]), rows };
      at = end;
    } else if (insert) {
      const { rows, end } = readValues(text, at + insert[0].length, damaged);
      yield { kind: 'rows', table: unquote(insert[1]!), columns: namesOf(insert[2]), rows };
      at = end;
    } else if (create) {
      const end = endOfStatement(text, at);
      const body = text.slice(at + create[0].length, end);
      yield { kind: 'create', table: unquote(create[1]!), columns: columnsOf(body) };
      at = end;
    } else at = endOfStatement(text, at);
  }
}

/** After blanks and comments. */
function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at += 1;
    if (text.startsWith('--', at)) at = lineEnd(text, at);
    else if (text.startsWith('/*', at)) at = after(text, '*/', at);
    else if (text[at] === ';') at += 1;
    else return at;
  }
}

const lineEnd = (text: string, from: number) => after(text, '\n', from);
const after = (text: string, mark: string, from: number) => {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
};

/** After the next semicolon that is in no quotes. */
function endOfStatement(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === ';') return at + 1;
    if (char === "'" || char === '"' || char === '`') at = endOfQuote(text, at);
  }
  return text.length;
}

/** Index of the closing quote; quotes are doubled or escaped inside. */
function endOfQuote(text: string, from: number): number {
  const quote = text[from]!;
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === "'") at += 1;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at;
      at += 1;
    }
  }
  return text.length;
}

/** Names at the begin of each part of a CREATE TABLE that defines a column. */
function columnsOf(body: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < body.length; at += 1) {
    const char = body[at]!;
    if (char === "'" || char === '"' || char === '`') at = endOfQuote(body, at);
    else if (char === '(') depth += 1;
    else if (char === ')') {
      if (depth === 0) {
        parts.push(body.slice(start, at));
        break;
      }
      depth -= 1;
    } else if (char === ',' && depth === 0) {
      parts.push(body.slice(start, at));
      start = at + 1;
    }
  }
  const name = new RegExp(`^(${NAME})`);
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '' && !NO_COLUMN.test(part))
    .map((part) => unquote(name.exec(part)?.[1] ?? ''));
}

const COPY_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' };

/** Lines of a COPY, up to the one with `\.`. */
function readCopy(text: string, from: number, damaged: (why: string) => Error): { rows: Cell[][]; end: number } {
  const rows: Cell[][] = [];
  let at = lineEnd(text, from);
  for (;;) {
    if (at >= text.length) throw damaged('a COPY has no end');
    const end = lineEnd(text, at);
    const line = text.slice(at, end).replace(/\r?\n$/, '');
    at = end;
    if (line === '\\.') return { rows, end: at };
    rows.push(line.split('\t').map((cell): Cell => (cell === '\\N' ? null : unescapeText(cell, COPY_ESCAPES))));
  }
}

const unescapeText = (text: string, escapes: Readonly<Record<string, string>>) =>
  text.includes('\\') ? text.replace(/\\(.)/gs, (_, char: string) => escapes[char] ?? char) : text;

const SQL_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0', b: '\b', Z: '\x1a' };

/** `(1, 'a', NULL), (2, 'b', 3.5);` */
function readValues(text: string, from: number, damaged: (why: string) => Error): { rows: Cell[][]; end: number } {
  const rows: Cell[][] = [];
  let at = from;
  for (;;) {
    while (/[\s,]/.test(text[at] ?? '')) at += 1;
    if (text[at] !== '(') {
      const end = endOfStatement(text, at);
      if (text[end - 1] !== ';') throw damaged('an INSERT has no end');
      return { rows, end };
    }
    const { row, end } = readTuple(text, at + 1, damaged);
    rows.push(row);
    at = end;
  }
}

function readTuple(text: string, from: number, damaged: (why: string) => Error): { row: Cell[]; end: number } {
  const row: Cell[] = [];
  let at = from;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    if (at >= text.length) throw damaged('a row has no end');
    const isText = text[at] === "'" || /^[EeNn]'/.test(text.slice(at, at + 2));
    if (isText) {
      const open = text[at] === "'" ? at : at + 1;
      const close = endOfQuote(text, open);
      row.push(unescapeText(text.slice(open + 1, close).replaceAll("''", "'"), SQL_ESCAPES));
      at = close + 1;
    }
    const start = at;
    while (at < text.length && text[at] !== ',' && text[at] !== ')') at += 1;
    if (!isText) row.push(plainCell(text.slice(start, at).trim()));
    if (text[at] === ')') return { row, end: at + 1 };
    at += 1;
  }
}

const plainCell = (text: string): Cell => (/^null$/i.test(text) || text === '' ? null : text);
