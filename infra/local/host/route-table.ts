import { matchRoute, type RouteValues } from './route-match.ts'
import { parseTemplate, type RouteSegment } from './route-template.ts'

/** What a function's trigger says about its route; an empty list of methods means all. */
export interface RouteSource<T> {
  readonly template: string
  readonly methods: readonly string[]
  readonly target: T
}

export interface RouteHit<T> {
  readonly target: T
  readonly values: RouteValues
}

export interface RouteTable<T> {
  find(method: string, path: readonly string[]): RouteHit<T> | undefined
}

/** ASP.NET's inbound precedence of one segment: smaller goes first. */
function rankSegment(segment: RouteSegment): number {
  const [part] = segment
  if (segment.length !== 1 || part === undefined) return 2
  if ('literal' in part) return 1
  const constrained = part.parameter.constraints.length > 0
  if (part.parameter.catchAll) return constrained ? 4 : 5
  return constrained ? 2 : 3
}

/** One digit per segment behind a decimal point, as ASP.NET counts: `a/{b}` is 0.13. */
function rankRoute(segments: readonly RouteSegment[]): string {
  return segments.map(rankSegment).join('')
}

/** A table of routes in ASP.NET's precedence; among equals the first registered goes first. */
export function createRouteTable<T>(sources: readonly RouteSource<T>[]): RouteTable<T> {
  const entries = sources
    .map((source) => ({ ...source, segments: parseTemplate(source.template) }))
    .map((entry) => ({ ...entry, rank: rankRoute(entry.segments) }))
    .sort((left, right) => (left.rank < right.rank ? -1 : Number(left.rank > right.rank)))
  return {
    find(method, path) {
      for (const entry of entries) {
        if (entry.methods.length > 0 && !entry.methods.includes(method)) continue
        const values = matchRoute(entry.segments, path)
        if (values !== undefined) return { target: entry.target, values }
      }
      return undefined
    },
  }
}
