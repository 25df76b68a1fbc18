import type { SpecFile } from '../../../infra/local/specs/document.ts'
import { operationsIn, type SpecOperation } from '../../../infra/local/specs/operation.ts'

/** A request as a server gets it; header names in small letters. */
export interface SentRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** The documented operation that a request is, with the texts that stood in the place of its path parameters. */
export interface Match {
  readonly operation: SpecOperation
  readonly path: Readonly<Record<string, string>>
}

interface Shape {
  readonly pattern: RegExp
  readonly loose: RegExp
  readonly names: readonly string[]
  readonly operation: SpecOperation
  /** Fewer come first: what is spelled out wins over what is left open. */
  readonly open: number
  readonly needs: { readonly query: URLSearchParams; readonly headers: URLSearchParams }
}

const shaped = new WeakMap<SpecFile, readonly Shape[]>()

/** Finds the operation, of several documents in their order; letter case counts unless nothing fits otherwise. */
export function matchOperation(files: readonly SpecFile[], request: SentRequest): Match | undefined {
  const shapes = files.flatMap(shapesOf).filter(({ operation }) => operation.method === request.method)
  const url = new URL(request.url, 'http://spec.invalid')
  const fitting = shapes.filter(
    ({ needs }) => isAsked(needs.query, url.searchParams) && hasHeaders(needs.headers, request),
  )
  return firstOf(fitting, 'pattern', url.pathname) ?? firstOf(fitting, 'loose', url.pathname)
}

function firstOf(shapes: readonly Shape[], kind: 'pattern' | 'loose', path: string): Match | undefined {
  for (const { [kind]: pattern, names, operation } of shapes) {
    const found = pattern.exec(path)
    if (found === null) continue
    return {
      operation,
      path: Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')])),
    }
  }
  return undefined
}

function shapesOf(file: SpecFile): readonly Shape[] {
  const known = shaped.get(file)
  if (known !== undefined) return known
  const all = operationsIn(file).flatMap((operation) => operation.prefixes.map((prefix) => shape(prefix, operation)))
  const sorted = all.sort((one, other) => one.open - other.open || needsOf(other) - needsOf(one))
  shaped.set(file, sorted)
  return sorted
}

/** Some documents tell operations of one path apart by `?name=value` or `#Header=value` at its end. */
function shape(prefix: string, operation: SpecOperation): Shape {
  const [beforeHash = '', header = ''] = operation.path.split('#')
  const [path = '', query = ''] = beforeHash.split('?')
  const names = [...`${prefix}${path}`.matchAll(/\{\+?([^{}]+)\}/g)].map(([, name]) => name ?? '')
  const wide = new Set(operation.parameters.filter(({ wide }) => wide).map(({ name }) => name))
  const source = `${prefix}${path}`.replace(/\{\+?([^{}]+)\}|[^{}]+/g, (part, name?: string) => {
    if (name === undefined) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    return wide.has(name) || part.startsWith('{+') ? '(.+?)' : '([^/]+?)'
  })
  const ends = source.replace(/\/+$/, '')
  return {
    pattern: new RegExp(`^${ends}/?$`),
    loose: new RegExp(`^${ends}/?$`, 'i'),
    names,
    operation,
    open: names.length,
    needs: { query: new URLSearchParams(query), headers: new URLSearchParams(header) },
  }
}

const needsOf = ({ needs }: Shape) => [...needs.query, ...needs.headers].length

function isAsked(needed: URLSearchParams, given: URLSearchParams): boolean {
  return [...needed].every(([name, value]) => given.get(name) === value)
}

function hasHeaders(needed: URLSearchParams, { headers }: SentRequest): boolean {
  return [...needed].every(([name, value]) => headers[name.toLowerCase()] === value)
}
