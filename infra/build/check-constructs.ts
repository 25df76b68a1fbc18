import ts from 'typescript'
import { placeOf, type Source, walkNodes } from './sources.ts'

type Forbidden = readonly [words: string, is: (node: ts.Node) => boolean]

const forbidden: readonly Forbidden[] = [
  ['an enum', ts.isEnumDeclaration],
  ['any', (node) => node.kind === ts.SyntaxKind.AnyKeyword],
  ['a default export', isDefaultExport],
  ['a class', (node) => ts.isClassLike(node) && node.name?.text !== 'Problem'],
  ['a re-export of everything', (node) => ts.isExportDeclaration(node) && isStar(node)],
]

/** Constructs that the style forbids, each with its place; the one class allowed is `Problem` in its own file. */
export function findForbidden(source: Source): readonly string[] {
  const found = walkNodes(source.tree).flatMap((node) =>
    forbidden.filter(([, is]) => is(node)).map(([words]) => `${placeOf(source, node)} ${words}`),
  )
  return [...found, ...findBarrel(source), ...findStrayProblem(source), ...findWeakJoin(source)]
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true
  if (ts.isExportSpecifier(node)) return node.name.text === 'default'
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.DefaultKeyword)
  )
}

function isStar(node: ts.ExportDeclaration): boolean {
  return (
    node.moduleSpecifier !== undefined && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))
  )
}

/** A barrel hands on what others export and has nothing of its own. */
function findBarrel({ path, tree }: Source): readonly string[] {
  const handsOn = tree.statements.some((one) => ts.isExportDeclaration(one) && one.moduleSpecifier !== undefined)
  const hasOwn = tree.statements.some((one) => !ts.isExportDeclaration(one) && !ts.isImportDeclaration(one))
  return handsOn && !hasOwn ? [`${path} is a barrel`] : []
}

function findStrayProblem(source: Source): readonly string[] {
  if (source.path === 'shared/errors/problem.ts') return []
  return walkNodes(source.tree)
    .filter((node) => ts.isClassLike(node) && node.name?.text === 'Problem')
    .map((node) => `${placeOf(source, node)} a second Problem`)
}

/** What `joinSignals` is for. */
function findWeakJoin(source: Source): readonly string[] {
  if (source.path === 'shared/errors/signals.ts') return []
  return walkNodes(source.tree)
    .filter((node) => ts.isPropertyAccessExpression(node) && node.getText() === 'AbortSignal.any')
    .map((node) => `${placeOf(source, node)} AbortSignal.any, whose timeouts Node 20 forgets`)
}
