import { type Constraint, parseConstraint } from './route-constraints.ts'

/** A parameter of a route: `{name:constraint=default?}`. */
export interface RouteParameter {
  readonly name: string
  readonly optional: boolean
  readonly catchAll: boolean
  readonly fallback?: string
  readonly constraints: readonly Constraint[]
}

export type RoutePart = { readonly literal: string } | { readonly parameter: RouteParameter }

/** What stands between two slashes: one part mostly, several as in `{name}.{ext}`. */
export type RouteSegment = readonly RoutePart[]

/** Splits at `mark` outside parentheses. */
function splitOutside(text: string, mark: RegExp): readonly string[] {
  const pieces = ['']
  let depth = 0
  for (const char of text) {
    if (char === '(') depth += 1
    if (char === ')') depth -= 1
    if (depth === 0 && mark.test(char)) pieces.push('')
    else pieces.push(`${pieces.pop() ?? ''}${char}`)
  }
  return pieces
}

function splitDefault(text: string): { rest: string; fallback?: string } {
  const [rest = '', ...values] = splitOutside(text, /=/)
  return values.length === 0 ? { rest } : { rest, fallback: values.join('=') }
}

function parseParameter(content: string): RouteParameter {
  const stars = /^\*{0,2}/.exec(content)?.[0] ?? ''
  const { rest, fallback } = splitDefault(content.slice(stars.length).replaceAll('{{', '{').replaceAll('}}', '}'))
  const optional = rest.endsWith('?')
  const [name = '', ...constraints] = splitOutside(optional ? rest.slice(0, -1) : rest, /:/)
  if (!/^[^/{}?*=:]+$/.test(name)) throw new Error(`the route parameter '{${content}}' has no valid name`)
  return {
    name,
    optional,
    catchAll: stars !== '',
    ...(fallback === undefined ? {} : { fallback }),
    constraints: constraints.map(parseConstraint),
  }
}

const token = /\{\{|\}\}|\{((?:\{\{|\}\}|[^{}])+)\}|[^{}]+|[{}]/g

function parsePart(text: string, content: string | undefined): RoutePart {
  if (content !== undefined) return { parameter: parseParameter(content) }
  if (text === '{' || text === '}') throw new Error('a brace in the route is not closed')
  return { literal: text === '{{' || text === '}}' ? text.slice(1) : text }
}

function parseSegment(text: string): RouteSegment {
  if (text === '') throw new Error('the route has an empty segment')
  return [...text.matchAll(token)].map((found) => parsePart(found[0], found[1]))
}

function checkSegments(segments: readonly RouteSegment[]): void {
  const parameters = segments.flat().flatMap((part) => ('parameter' in part ? [part.parameter] : []))
  const names = parameters.map((parameter) => parameter.name.toLowerCase())
  if (new Set(names).size < names.length) throw new Error('a route parameter appears twice')
  const early = segments.slice(0, -1).flat()
  const misplaced = early.some((part) => 'parameter' in part && part.parameter.catchAll)
  if (misplaced) throw new Error('a catch-all parameter is not the last segment')
}

/** Parses an ASP.NET route template, without a leading slash; what ASP.NET refuses throws here too. */
export function parseTemplate(template: string): readonly RouteSegment[] {
  if (/^[/~]/.test(template)) throw new Error("a route does not start with '/' or '~'")
  const segments = template === '' ? [] : template.replace(/\/$/, '').split('/').map(parseSegment)
  checkSegments(segments)
  return segments
}
