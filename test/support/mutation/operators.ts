import ts from 'typescript'

/** One change of one source: the characters from `start` to `end` become `by`. */
export interface Mutant {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** The line that the change begins on, trimmed. */
  readonly text: string
  readonly operator: string
  readonly start: number
  readonly end: number
  readonly by: string
}

type Change = readonly [operator: string, node: { getStart(): number; getEnd(): number }, by: string]

const { SyntaxKind: Kind } = ts

const swapped: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [Kind.AmpersandAmpersandToken]: '||',
  [Kind.BarBarToken]: '&&',
  [Kind.LessThanToken]: '<=',
  [Kind.LessThanEqualsToken]: '<',
  [Kind.GreaterThanToken]: '>=',
  [Kind.GreaterThanEqualsToken]: '>',
  [Kind.EqualsEqualsEqualsToken]: '!==',
  [Kind.ExclamationEqualsEqualsToken]: '===',
}

const swappedNames: Readonly<Record<string, string>> = { min: 'max', max: 'min', some: 'every', every: 'some' }

/** Every mutant of a source, in the order of the text. */
export function findMutants(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const lines = source.split('\n')
  const found: Mutant[] = []
  const visit = (node: ts.Node): void => {
    for (const [operator, at, by] of changesOf(node)) {
      const line = tree.getLineAndCharacterOfPosition(at.getStart()).line
      const text = (lines[line] ?? '').trim()
      found.push({ file, line: line + 1, text, operator, start: at.getStart(), end: at.getEnd(), by })
    }
    node.forEachChild(visit)
  }
  visit(tree)
  return found
}

/** The source with one mutant in it. */
export function applyMutant(source: string, { start, end, by }: Mutant): string {
  return source.slice(0, start) + by + source.slice(end)
}

/** Names a mutant whatever stands above it in its file. */
export function nameMutant({ file, operator, text }: Pick<Mutant, 'file' | 'operator' | 'text'>): string {
  return `${file} | ${operator} | ${text}`
}

function changesOf(node: ts.Node): readonly Change[] {
  if (ts.isIfStatement(node)) return [negate(node.expression), ...dropGuard(node)]
  if (ts.isConditionalExpression(node)) return [negate(node.condition)]
  if (ts.isBinaryExpression(node)) return swapOperator(node)
  if (ts.isCallExpression(node)) return changeCall(node)
  if (ts.isExpressionStatement(node)) return dropCall(node)
  return flipBoolean(node)
}

function negate(condition: ts.Expression): Change {
  return ['negate', condition, `!(${condition.getText()})`]
}

/** An early end of a function or a turn of a loop. */
function dropGuard(node: ts.IfStatement): readonly Change[] {
  if (node.elseStatement !== undefined) return []
  const last = ts.isBlock(node.thenStatement) ? node.thenStatement.statements.at(-1) : node.thenStatement
  const ends = [Kind.ReturnStatement, Kind.ThrowStatement, Kind.ContinueStatement, Kind.BreakStatement]
  return last !== undefined && ends.includes(last.kind) ? [['drop guard', node, '{}']] : []
}

function swapOperator({ operatorToken }: ts.BinaryExpression): readonly Change[] {
  const by = swapped[operatorToken.kind]
  return by === undefined ? [] : [[`${operatorToken.getText()} to ${by}`, operatorToken, by]]
}

function changeCall(node: ts.CallExpression): readonly Change[] {
  if (!ts.isPropertyAccessExpression(node.expression)) return []
  const name = node.expression.name
  const first = node.arguments[0]
  if (name.text === 'filter' && first !== undefined) return [['filter nothing', first, '() => true']]
  const by = Object.hasOwn(swappedNames, name.text) ? swappedNames[name.text] : undefined
  return by === undefined ? [] : [[`${name.text} to ${by}`, name, by]]
}

/** A call whose value nobody takes is there to throw or to note something. */
function dropCall(node: ts.ExpressionStatement): readonly Change[] {
  const call = ts.isAwaitExpression(node.expression) ? node.expression.expression : node.expression
  return ts.isCallExpression(call) ? [['drop call', node, '{}']] : []
}

function flipBoolean(node: ts.Node): readonly Change[] {
  if (ts.isLiteralTypeNode(node.parent ?? node)) return []
  if (node.kind === Kind.TrueKeyword) return [['true to false', node, 'false']]
  return node.kind === Kind.FalseKeyword ? [['false to true', node, 'true']] : []
}
