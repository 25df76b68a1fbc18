import type { RouteParameter, RoutePart, RouteSegment } from './route-template.ts'

/** Values of route parameters, by the name that the template gives them. */
export type RouteValues = Readonly<Record<string, string>>

function satisfies(parameter: RouteParameter, value: string): boolean {
  return parameter.constraints.every((constraint) => constraint(value))
}

function fallbackOf(parameter: RouteParameter): RouteValues | undefined {
  if (parameter.fallback !== undefined) return { [parameter.name]: parameter.fallback }
  return parameter.optional || parameter.catchAll ? {} : undefined
}

function matchParameter(parameter: RouteParameter, value: string | undefined): RouteValues | undefined {
  if (value === undefined) return fallbackOf(parameter)
  if (value === '' && !parameter.catchAll) return undefined
  return satisfies(parameter, value) ? { [parameter.name]: value } : undefined
}

function expressionOf(part: RoutePart, index: number): string {
  if ('parameter' in part) return `(?<p${index}>.+)`
  return part.literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function matchMixed(segment: RouteSegment, value: string | undefined): RouteValues | undefined {
  const found = new RegExp(`^${segment.map(expressionOf).join('')}$`, 'is').exec(value ?? '')
  if (found === null) return undefined
  const values: Record<string, string> = {}
  for (const [index, part] of segment.entries()) {
    if (!('parameter' in part)) continue
    const text = found.groups?.[`p${index}`] ?? ''
    if (!satisfies(part.parameter, text)) return undefined
    values[part.parameter.name] = text
  }
  return values
}

function matchSegment(segment: RouteSegment, value: string | undefined): RouteValues | undefined {
  const [part] = segment
  if (segment.length !== 1 || part === undefined) return matchMixed(segment, value)
  if ('parameter' in part) return matchParameter(part.parameter, value)
  return value !== undefined && part.literal.toLowerCase() === value.toLowerCase() ? {} : undefined
}

function hasCatchAll(segments: readonly RouteSegment[]): boolean {
  const part = segments.at(-1)?.[0]
  return part !== undefined && 'parameter' in part && part.parameter.catchAll
}

function foldRest(path: readonly string[], count: number): readonly string[] {
  const rest = path.slice(count - 1)
  return rest.length === 0 ? path : [...path.slice(0, count - 1), rest.join('/')]
}

/** Matches decoded path segments against a template, without regard to case; undefined when it does not fit. */
export function matchRoute(segments: readonly RouteSegment[], path: readonly string[]): RouteValues | undefined {
  const given = hasCatchAll(segments) ? foldRest(path, segments.length) : path
  if (given.length > segments.length) return undefined
  let values: RouteValues = {}
  for (const [index, segment] of segments.entries()) {
    const matched = matchSegment(segment, given[index])
    if (matched === undefined) return undefined
    values = { ...values, ...matched }
  }
  return values
}
