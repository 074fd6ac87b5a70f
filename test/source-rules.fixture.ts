import ts from 'typescript';

/** A place in a source that a rule does not allow. */
export interface Violation {
  readonly line: number;
  readonly text: string;
}

/** Looks at one file and tells what it must not do. */
export type SourceRule = (source: ts.SourceFile) => Violation[];

export const parse = (path: string, text: string): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

function violations(source: ts.SourceFile, isWrong: (node: ts.Node) => boolean): Violation[] {
  const found: Violation[] = [];
  const visit = (node: ts.Node): void => {
    if (isWrong(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ line: line + 1, text: node.getText().replace(/\s+/g, ' ').slice(0, 160) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Initializers of constants, by name: the nearest thing to knowing where a value comes from without types. */
function constants(source: ts.SourceFile): Map<string, ts.Expression[]> {
  const found = new Map<string, ts.Expression[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      found.set(node.name.text, [...(found.get(node.name.text) ?? []), node.initializer]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Functions whose result is quoted, or is a number. */
const SQL_SAFE_CALLS = /^(quoteName|quoteText|fileList|scanOf|Math\.\w+|Number)$/;
/** What lists become without new text coming in. */
const LIST_CALLS = /\.(join|filter|slice|sort|flat|concat|toSorted)$/;
const SQL_WORDS =
  /\b(SELECT\s|COPY\s*\(|INSERT\s+INTO|CREATE\s+(TEMP\s+)?(TABLE|VIEW)|DROP\s+TABLE|ATTACH\s|DELETE\s+FROM|DESCRIBE\s|read_parquet\()/;

/** SQL in which something stands that was not quoted. */
export const sqlIsQuoted: SourceRule = (source) => {
  const known = constants(source);
  const isSafe = (node: ts.Node, seen: ReadonlySet<string> = new Set()): boolean => {
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return true;
    if (ts.isTemplateExpression(node)) return node.templateSpans.every(({ expression }) => isSafe(expression, seen));
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node))
      return isSafe(node.expression, seen);
    if (ts.isConditionalExpression(node)) return isSafe(node.whenTrue, seen) && isSafe(node.whenFalse, seen);
    if (ts.isBinaryExpression(node)) return isSafe(node.left, seen) && isSafe(node.right, seen);
    if (ts.isArrayLiteralExpression(node)) return node.elements.every((element) => isSafe(element, seen));
    if (ts.isSpreadElement(node)) return isSafe(node.expression, seen);
    if (ts.isArrowFunction(node)) return returned(node).every((one) => isSafe(one, seen));
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText();
      if (SQL_SAFE_CALLS.test(callee)) return true;
      if (!ts.isPropertyAccessExpression(node.expression)) return false;
      if (/\.(map|flatMap)$/.test(callee)) return node.arguments[0] !== undefined && isSafe(node.arguments[0], seen);
      return LIST_CALLS.test(callee) && isSafe(node.expression.expression, seen);
    }
    if (ts.isIdentifier(node)) {
      const from = known.get(node.text);
      return from !== undefined && !seen.has(node.text) && from.every((one) => isSafe(one, new Set([...seen, node.text])));
    }
    return false;
  };
  return violations(
    source,
    (node) => ts.isTemplateExpression(node) && SQL_WORDS.test(node.getText()) && !ts.isTemplateSpan(node.parent) && !isSafe(node),
  );
};

/** What a function gives back. */
function returned(node: ts.ArrowFunction): ts.Node[] {
  if (!ts.isBlock(node.body)) return [node.body];
  const found: ts.Node[] = [];
  const visit = (inner: ts.Node): void => {
    if (ts.isReturnStatement(inner) && inner.expression) found.push(inner.expression);
    else if (!ts.isFunctionLike(inner)) ts.forEachChild(inner, visit);
  };
  visit(node.body);
  return found;
}

/** Names under which text of a request or of the command line arrives. */
const GIVEN = /^(request|req|params|query|body|headers|argv)$/;
/** Names of things that somebody outside can name. */
const NAMED = /^(id|\w+Id|name|study|dataset|key|backup|model|decision)$/;
/** Something that looks at a name before it is used: a pattern, or a function that is called a check. */
const CHECK = /\.test\(|\.safeParse\(|\.parse\(|\bcheck[A-Z]\w*\(|\bstartsWith\('\.\.'\)|NAME_FORM|isLeftOut\(/;

/**
 * `join` and `resolve` of text that came with a request or the command line, or of a parameter that names something, in a
 * function that has looked at neither.
 */
export const pathsAreChecked: SourceRule = (source) =>
  violations(source, (node) => {
    if (!ts.isCallExpression(node) || !/^(path\.)?(join|resolve)$/.test(node.expression.getText())) return false;
    const owner = enclosingFunction(node);
    if (owner !== undefined && CHECK.test(owner.getText())) return false;
    return node.arguments.some((argument) => partsOf(argument).some((part) => isGiven(part, owner)));
  });

function partsOf(node: ts.Expression): ts.Expression[] {
  if (ts.isTemplateExpression(node)) return node.templateSpans.flatMap(({ expression }) => partsOf(expression));
  if (ts.isBinaryExpression(node)) return [...partsOf(node.left), ...partsOf(node.right)];
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) return partsOf(node.expression);
  return [node];
}

function isGiven(node: ts.Expression, owner: ts.SignatureDeclaration | undefined): boolean {
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    let root: ts.Expression = node;
    const names: string[] = [];
    while (ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root)) {
      names.push(ts.isPropertyAccessExpression(root) ? root.name.text : '');
      root = root.expression;
    }
    return [...names, root.getText()].some((name) => GIVEN.test(name));
  }
  if (!ts.isIdentifier(node) || !NAMED.test(node.text) || owner === undefined) return false;
  return owner.parameters.some((parameter) => bindings(parameter.name).has(node.text));
}

const bindings = (name: ts.BindingName): Set<string> =>
  ts.isIdentifier(name)
    ? new Set([name.text])
    : new Set(name.elements.flatMap((element) => (ts.isBindingElement(element) ? [...bindings(element.name)] : [])));

function enclosingFunction(node: ts.Node): ts.SignatureDeclaration | undefined {
  for (let at: ts.Node | undefined = node.parent; at !== undefined; at = at.parent) if (ts.isFunctionLike(at)) return at;
  return undefined;
}

const HTML = /<(?:!doctype|\/?[a-z][a-z0-9]*[\s>/])/i;

/** Markup in which something stands that was not escaped: a template that is not `html`, or `new Markup` of what is no literal. */
export const htmlIsEscaped: SourceRule = (source) =>
  violations(source, (node) => {
    if (ts.isTemplateExpression(node) && HTML.test(literalOf(node)))
      return !(ts.isTaggedTemplateExpression(node.parent) && node.parent.tag.getText() === 'html');
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
      return [node.left, node.right].some((side) => ts.isStringLiteralLike(side) && HTML.test(side.text));
    return ts.isPropertyAccessExpression(node) && /^(innerHTML|outerHTML)$/.test(node.name.text);
  });

const literalOf = (node: ts.TemplateExpression): string =>
  node.head.text + node.templateSpans.map(({ literal }) => literal.text).join('\u0000');

/** A program that is started through a shell, which reads more into a text than its words. */
export const noShell: SourceRule = (source) =>
  violations(source, (node) => {
    if (ts.isImportSpecifier(node)) {
      const from = node.parent.parent.parent.moduleSpecifier.getText();
      return /child_process/.test(from) && /^exec(Sync)?$/.test((node.propertyName ?? node.name).text);
    }
    if (ts.isPropertyAssignment(node) && node.name.getText().replace(/['"]/g, '') === 'shell')
      return node.initializer.kind !== ts.SyntaxKind.FalseKeyword;
    return (
      ts.isCallExpression(node) &&
      /^(\w+\.)?(spawn|execFile)(Sync)?$/.test(node.expression.getText()) &&
      /^['"`](ba|z|da)?sh['"`]$|^['"`]cmd(\.exe)?['"`]$/.test(node.arguments[0]?.getText() ?? '')
    );
  });
