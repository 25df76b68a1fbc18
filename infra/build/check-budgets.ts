/**
 * `npm run check:budgets`: measures files and functions of the product and of infra/ by their syntax trees against the
 * budgets below, and finds constructs that the style forbids. Cognitive complexity is Biome's to judge.
 */
import ts from 'typescript'
import { type Finding, repository, runAsProgram, tooFew } from './check.ts'
import { findForbidden } from './check-constructs.ts'
import { placeOf, readSources, type Source, walkNodes } from './sources.ts'

/** Comments count; blank lines of a function, and the documentation above it, do not. */
const budgets = { fileMedian: 80, fileMax: 300, functionMedian: 10, functionMax: 50, parameters: 3 }

const folders = ['functions', 'shared', 'infra'] as const
const floor = 400

interface Measured {
  readonly place: string
  readonly value: number
}

/** Checks the repository at `root`. */
export async function checkBudgets(root = repository): Promise<Finding> {
  const sources = await readSources(root, folders)
  const files = sources.map((source) => ({ place: source.path, value: countLines(source.tree) }))
  const functions = sources.flatMap(measureFunctions)
  // An arrow without a body of statements is an expression; counted, it would flatter the median.
  const bodies = functions.filter(({ hasBlock }) => hasBlock).map(({ lines }) => lines)
  return {
    summary: [
      `budgets: ${files.length} files, lines ${figures(files)}`,
      `${bodies.length} functions with a block, lines ${figures(bodies)}`,
    ].join('; '),
    violations: [
      ...tooFew('files', files.length, floor),
      ...overMedian('file', files, budgets.fileMedian),
      ...overMedian('function', bodies, budgets.functionMedian),
      ...over('lines in a file', files, budgets.fileMax),
      ...over(
        'lines in a function',
        functions.map(({ lines }) => lines),
        budgets.functionMax,
      ),
      ...over(
        'parameters',
        functions.map(({ parameters }) => parameters),
        budgets.parameters,
      ),
      ...sources.flatMap(findForbidden),
    ],
  }
}

function measureFunctions(source: Source) {
  return walkNodes(source.tree)
    .filter(isImplemented)
    .map((node) => {
      const place = placeOf(source, node)
      const parameters = node.parameters.filter((one) => one.name.getText() !== 'this').length
      return {
        hasBlock: ts.isBlock(node.body),
        lines: { place, value: countOwnLines(node) },
        parameters: { place, value: parameters },
      }
    })
}

type Implemented = ts.FunctionLikeDeclaration & { readonly body: ts.Node }

function isImplemented(node: ts.Node): node is Implemented {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

function countLines(tree: ts.SourceFile): number {
  return tree.getLineStarts().length - (tree.text.endsWith('\n') ? 1 : 0)
}

function countOwnLines(node: ts.Node): number {
  return node
    .getText()
    .split('\n')
    .filter((line) => line.trim() !== '').length
}

function over(what: string, measured: readonly Measured[], max: number): readonly string[] {
  return measured.filter(({ value }) => value > max).map(({ place, value }) => `${place} ${value} ${what}, over ${max}`)
}

function overMedian(what: string, measured: readonly Measured[], max: number): readonly string[] {
  const value = medianOf(measured)
  return value > max ? [`the median ${what} has ${value} lines, over ${max}`] : []
}

function medianOf(measured: readonly Measured[]): number {
  const values = measured.map(({ value }) => value).sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)] ?? 0
}

function figures(measured: readonly Measured[]): string {
  return `median ${medianOf(measured)} max ${Math.max(0, ...measured.map(({ value }) => value))}`
}

await runAsProgram(import.meta.url, checkBudgets)
