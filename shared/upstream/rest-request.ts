import type { CallTemplate } from '../backend/define.ts'
import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'

export type RestTemplate = Extract<CallTemplate, { technology: 'rest' }>

/** A request as plain values, without anything that identifies the person. */
export interface RestRequest {
  readonly method: RestTemplate['method']
  readonly url: URL
  readonly body: string | null
}

type Inputs = Readonly<Record<string, Json>>

/**
 * Fills a template: each path input becomes exactly one encoded segment, query inputs are repeated where they are
 * lists, body inputs become one JSON object; absent inputs are left out. Throws Problem `input_invalid` (with the
 * pointer) for a value that could leave the base path.
 */
export function buildRequest(base: URL, template: RestTemplate, inputs: Inputs): RestRequest {
  const url = joinPath(base, fillPath(template.path, inputs))
  for (const name of template.query ?? []) addQuery(url, name, inputs[name])
  const members = (template.body ?? []).flatMap((name) => (inputs[name] === undefined ? [] : [[name, inputs[name]]]))
  const body = template.body === undefined ? null : JSON.stringify(Object.fromEntries(members))
  return { method: template.method, url, body }
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

function fillPath(path: string, inputs: Inputs): string {
  return path.replace(/\{([^{}]+)\}/g, (_whole, name: string) => encodeSegment(name, inputs[name]))
}

function encodeSegment(name: string, value: Json | undefined): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  if (!isSafeSegment(text))
    throw refuse(name, 'must be one path segment without dots alone, slashes or control characters')
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
    if (item === null || typeof item === 'object') throw refuse(name, 'must be a plain value or a list of them')
    url.searchParams.append(name, String(item))
  }
}

function refuse(name: string, detail: string): Problem {
  const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return new Problem('input_invalid', 'An input cannot stand in the request.', {
    faults: [{ pointer, detail }],
    reason: 'not_called:input',
  })
}
