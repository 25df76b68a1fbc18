import { randomBytes } from 'node:crypto'

/** The trace context of an invocation: the caller's trace with a span of the host, or a new trace. */
export function startTrace(parent?: string, state?: string): { traceParent: string; traceState: string } {
  const found = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(parent ?? '')
  const span = randomBytes(8).toString('hex')
  if (found === null) return { traceParent: `00-${randomBytes(16).toString('hex')}-${span}-00`, traceState: '' }
  return { traceParent: `00-${found[1] ?? ''}-${span}-${found[2] ?? '00'}`, traceState: state ?? '' }
}
