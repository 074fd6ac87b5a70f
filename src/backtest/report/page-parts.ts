import { html, type Markup } from './html.ts';

/** A table's cell: text, or text with a class of the style sheet. */
export type Cell = string | { readonly text: string; readonly kind: string };

export interface TableParts {
  readonly simulated: boolean;
  readonly caption: string;
  /** Names of the columns; one that begins with `>` stands right, as figures do. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** What stands where there are no rows. */
  readonly empty?: string;
}

/** A table with its caption; it scrolls sideways where the page is too narrow. */
export function table({ simulated, caption, columns, rows, empty = 'None.' }: TableParts): Markup {
  const right = columns.map((name) => name.startsWith('>'));
  const head = columns.map((name, i) => html`<th scope="col"${rightClass(right[i])}>${name.replace(/^>/, '')}</th>`);
  const body = rows.map((row) => html`<tr>${row.map((cell, i) => cellOf(cell, i, right[i] ?? false))}</tr>`);
  const nothing = html`<tr><td colspan="${columns.length}" class="muted">${empty}</td></tr>`;
  return html`<div class="scroll"><table><caption>${stamp(simulated)}${caption}</caption><thead><tr>${head}</tr></thead><tbody>${rows.length === 0 ? nothing : body}</tbody></table></div>
`;
}

function cellOf(cell: Cell, column: number, isRight: boolean): Markup {
  const { text, kind } = typeof cell === 'string' ? { text: cell, kind: '' } : cell;
  const classes = [isRight ? 'r' : '', kind].filter((name) => name !== '').join(' ');
  const attribute = classes === '' ? null : html` class="${classes}"`;
  return column === 0 ? html`<th scope="row"${attribute}>${text}</th>` : html`<td${attribute}>${text}</td>`;
}

const rightClass = (isRight: boolean | undefined): Markup | null => (isRight ? html` class="r"` : null);

export interface FigureParts {
  readonly simulated: boolean;
  readonly caption: string;
  /** Class of the line's colour and what it shows. */
  readonly legend?: readonly (readonly [kind: string, text: string])[];
  readonly note?: string;
}

/** A chart with its caption above and what explains it below. */
export function figure({ simulated, caption, legend = [], note }: FigureParts, ...charts: readonly Markup[]): Markup {
  const keys = legend.map(([kind, text]) => html`<li><i class="key ${kind}"></i>${text}</li>`);
  return html`<figure><figcaption>${stamp(simulated)}${caption}</figcaption>${keys.length === 0 ? null : html`<ul class="legend">${keys}</ul>`}${charts}${note === undefined ? null : html`<p class="small">${note}</p>`}</figure>
`;
}

/** The mark that stands before every caption of a simulated run. */
const stamp = (simulated: boolean): Markup | null => (simulated ? html`<b class="stamp">SIMULATED</b> ` : null);

export const section = (title: string, ...parts: readonly Markup[]): Markup => html`<section><h2>${title}</h2>
${parts}</section>
`;

export const paragraph = (text: string, kind = ''): Markup => html`<p${kind === '' ? null : html` class="${kind}"`}>${text}</p>
`;
