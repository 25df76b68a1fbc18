import ts from 'typescript'
import { root } from '../../infra/build/build.ts'
import { readSources, walkNodes } from '../../infra/build/sources.ts'

/** Events that the code logs → names of the fields that it gives them; `open` where it spreads what is not a literal. */
export type Logged = ReadonlyMap<string, { readonly fields: ReadonlySet<string>; readonly open: boolean }>

type Found = Map<string, { readonly fields: Set<string>; open: boolean }>

/** Reads every call of a function or member named `log` with a literal event, in what is deployed. */
export async function readLogCalls(): Promise<Logged> {
  const found: Found = new Map()
  const nodes = (await readSources(root, ['shared', 'functions'])).flatMap(({ tree }) => walkNodes(tree))
  for (const node of nodes) if (ts.isCallExpression(node) && isLog(node.expression)) addCall(node, found)
  return found
}

function addCall({ arguments: [first, given] }: ts.CallExpression, found: Found): void {
  for (const event of first === undefined ? [] : textsOf(first)) {
    const known = found.get(event) ?? { fields: new Set(), open: false }
    known.open = addFields(given, known.fields) || known.open
    found.set(event, known)
  }
}

function isLog(node: ts.Expression): boolean {
  return ts.isIdentifier(node) ? node.text === 'log' : ts.isPropertyAccessExpression(node) && node.name.text === 'log'
}

/** A literal, or both sides of a choice between literals. */
function textsOf(node: ts.Expression): readonly string[] {
  if (ts.isStringLiteral(node)) return [node.text]
  return ts.isConditionalExpression(node) ? [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)] : []
}

/** True where not every field is written there. */
function addFields(given: ts.Expression | undefined, fields: Set<string>): boolean {
  if (given === undefined) return false
  if (!ts.isObjectLiteralExpression(given)) return true
  let open = false
  for (const one of given.properties) {
    if (ts.isSpreadAssignment(one)) open = true
    else if (one.name !== undefined && ts.isIdentifier(one.name)) fields.add(one.name.text)
  }
  return open
}
