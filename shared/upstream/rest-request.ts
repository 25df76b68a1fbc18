import type { RestCall } from '../backend/rest-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { fillText, type Inputs, refuseInput, wholeNumber } from './rest-fill.ts'
import { makeBody, type RequestBody } from './rest-payload.ts'

/** A request as plain values, without anything that identifies the person. */
export interface RestRequest {
  readonly method: RestCall['method']
  readonly url: URL
  /** Header names are in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody
}

/**
 * Fills a template: each path input becomes exactly one encoded segment (`{+name}`: one or more), query inputs are
 * repeated where they are lists, the body is made as the template says; absent inputs are left out. `inputs`
 * hold the deployment's values too (`withValues`). Throws
 * Problem `input_invalid` (with the pointer) for a value that could leave the base path or its header.
 */
export function buildRequest(base: URL, template: RestCall, inputs: Inputs): RestRequest {
  const url = joinPath(base, fillPath(template.path, inputs))
  for (const [name, text] of Object.entries(template.fixedQuery ?? {})) addQuery(url, name, fillText(text, inputs))
  for (const [name, input] of queryOf(template)) addQuery(url, name, inputs[input])
  return { method: template.method, url, headers: fillHeaders(template, inputs), body: makeBody(template, inputs) }
}

function queryOf({ query = [] }: RestCall): readonly (readonly [parameter: string, input: string])[] {
  return Array.isArray(query) ? query.map((name: string) => [name, name] as const) : Object.entries(query)
}

/** Puts a path under the base; throws Problem `internal` if the result were anywhere else. */
export function joinPath(base: URL, path: string): URL {
  const folder = base.pathname.replace(/\/+$/, '')
  const wanted = `${folder}/${path.replace(/^\/+/, '')}`
  const url = new URL(base.origin)
  url.pathname = wanted
  // The parser resolves dot segments, written plainly or encoded: the path must come out exactly as it went in.
  if (url.origin !== base.origin || url.pathname !== wanted)
    throw new Problem('internal', 'The request could not be built.', { reason: 'not_called:path_left_base' })
  return url
}

/** The same inputs with a page that is no larger than the row limit: what a page holds beyond it would be lost. */
export function boundPage({ pageSize }: RestCall, inputs: Inputs, rowLimit: number): Inputs {
  const size = pageSize === undefined ? undefined : inputs[pageSize]
  return pageSize === undefined || typeof size !== 'number'
    ? inputs
    : { ...inputs, [pageSize]: Math.min(size, rowLimit) }
}

function fillPath(path: string, inputs: Inputs): string {
  return path.replace(/\{(\+?)([^{}]+)\}/g, (_whole, many: string, name: string) =>
    many === '' ? encodeSegment(name, inputs[name]) : encodePath(name, inputs[name]),
  )
}

/** A path of our own making stands: slashes part it, and each part is a segment like any other. */
function encodePath(name: string, value: Json | undefined): string {
  const parts = typeof value === 'string' ? value.split('/') : ['']
  return parts.map((part) => encodeSegment(name, part)).join('/')
}

function encodeSegment(name: string, value: Json | undefined): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  if (!isSafeSegment(text))
    throw refuseInput(name, 'must be one path segment without dots alone, slashes or control characters')
  return encodeURIComponent(text)
}

/** Slashes are refused even encoded: many servers decode first and split then. */
function isSafeSegment(text: string): boolean {
  if (text === '' || text.length > 1024 || !text.isWellFormed()) return false
  if (/^\.+$/.test(text) || /[\p{Cc}/\\\u2028\u2029]/u.test(text)) return false
  return !/%(?:2e|2f|5c|0[0-9a-f]|25)/i.test(text)
}

function addQuery(url: URL, name: string, value: Json | undefined): void {
  if (value === undefined || value === null) return
  const items: readonly Json[] = Array.isArray(value) ? value : [value as Json]
  for (const item of items) {
    if (item === null || typeof item === 'object') throw refuseInput(name, 'must be a plain value or a list of them')
    url.searchParams.append(name, String(item))
  }
}

function fillHeaders(template: RestCall, inputs: Inputs): Record<string, string> {
  const given = Object.entries(template.headers ?? {}).map(([name, text]) => [name, fillText(text, inputs)] as const)
  const type = template.content === undefined ? undefined : fillText(`{${template.content.type}}`, inputs)
  const all = [...given, ['range', rangeOf(template, inputs)], ['content-type', type]] as const
  return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

function rangeOf({ range }: RestCall, inputs: Inputs): string | undefined {
  if (range === undefined) return undefined
  const [offset, length] = [wholeNumber(inputs[range.offset]), wholeNumber(inputs[range.length])]
  if (offset === undefined && length === undefined) return undefined
  const start = offset ?? 0
  return `bytes=${start}-${length === undefined ? '' : start + length - 1}`
}
