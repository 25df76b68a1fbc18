/** Where a request goes: decoded segments for routing, and the target in origin form as it was sent. */
export interface RequestTarget {
  readonly segments: readonly string[]
  readonly path: string
}

/** Decodes valid escapes except that of the slash, and leaves the rest as sent, as Kestrel does. */
function decodeSegment(segment: string): string {
  return segment.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    const guarded = escapes.replace(/%2f/gi, '%252f')
    try {
      return decodeURIComponent(guarded).replaceAll('%2f', '%2F')
    } catch {
      return escapes
    }
  })
}

function removeDots(segments: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  return kept
}

function toOriginForm(target: string): string | undefined {
  if (target.startsWith('/')) return target
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return undefined
  const { pathname, search } = new URL(target)
  return pathname + search
}

/** Reads a request line's target (origin or absolute form); undefined for any other form. */
export function readTarget(target: string): RequestTarget | undefined {
  const path = toOriginForm(target)
  if (path === undefined) return undefined
  const [pathname = '/'] = path.split('?')
  const segments = removeDots(pathname.slice(1).split('/').map(decodeSegment))
  return { path, segments: segments.at(-1) === '' ? segments.slice(0, -1) : segments }
}
