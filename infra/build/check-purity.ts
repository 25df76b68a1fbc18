import ts from 'typescript'
import { placeOf, type Source, walkNodes } from './sources.ts'

/** Members of globals by which a clock, chance or the process gets into a pure file. */
const members: Readonly<Record<string, readonly string[] | 'all'>> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now'],
  crypto: 'all',
  process: 'all',
}

/** What `node:crypto` offers besides hashing: chance, and keys made by it. */
const chance = /^(random|generate|getRandom|webcrypto|subtle)/

type Fault = (node: ts.Node) => string | undefined

const faults: readonly Fault[] = [memberFault, callFault, dateFault, cryptoFault]

/** Everything by which a pure file reaches past its parameters: one line each, with its place. */
export function findImpurity(source: Source): readonly string[] {
  return walkNodes(source.tree).flatMap((node) =>
    faults.flatMap((fault) => {
      const text = fault(node)
      return text === undefined ? [] : [`${placeOf(source, node)} pure file uses ${text}`]
    }),
  )
}

/** Every use of `process.env`, wherever it stands. */
export function findEnvironment(source: Source): readonly string[] {
  return walkNodes(source.tree)
    .filter((node) => ts.isPropertyAccessExpression(node) && node.getText() === 'process.env')
    .map((node) => `${placeOf(source, node)} reads the environment outside shared/config`)
}

function memberFault(node: ts.Node): string | undefined {
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined
  const forbidden = Object.hasOwn(members, node.expression.text) ? members[node.expression.text] : undefined
  const isForbidden = forbidden === 'all' || forbidden?.includes(node.name.text)
  return isForbidden ? node.getText() : undefined
}

function callFault(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined
  return node.expression.text === 'fetch' && !isParameter(node.expression) ? 'the global fetch' : undefined
}

/** A `fetch` that some enclosing function takes as a parameter is a port, not the global. */
function isParameter(name: ts.Identifier): boolean {
  for (let node: ts.Node = name; node.parent !== undefined; node = node.parent) {
    if (ts.isFunctionLike(node) && node.parameters.some((one) => one.name.getText().includes(name.text))) return true
  }
  return false
}

function dateFault(node: ts.Node): string | undefined {
  const isNow = ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length
  return isNow ? 'new Date() without a time' : undefined
}

function cryptoFault(node: ts.Node): string | undefined {
  if (!ts.isImportDeclaration(node) || !/^'(node:)?crypto'$/.test(node.moduleSpecifier.getText())) return undefined
  const bindings = node.importClause?.namedBindings
  if (bindings === undefined || !ts.isNamedImports(bindings)) return 'the whole of node:crypto'
  const name = bindings.elements.map((one) => (one.propertyName ?? one.name).text).find((text) => chance.test(text))
  return name === undefined ? undefined : `${name} of node:crypto`
}
