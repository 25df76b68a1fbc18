import type { OutcomeFacts } from '../audit/record.ts'
import type { Ports } from './line.ts'
import type { UpstreamAnswer } from './ports.ts'
import type { Refused } from './stages.ts'

/** Counts a call once its outcome stands in the book. What names no operation of ours counts as nobody's. */
export function countUsage(
  { principal, invocation, request }: Pick<Refused, 'principal' | 'invocation' | 'request'>,
  { status, answer }: { readonly status: OutcomeFacts['status']; readonly answer?: UpstreamAnswer | undefined },
  { usage }: Pick<Ports, 'usage'>,
): void {
  const { tid, oid, actor } = principal
  const isCalled = status !== 'not-called'
  usage.count({
    ...{ tid, oid, actor },
    backend: invocation?.backend.name ?? 'unknown',
    operation: invocation?.operationName ?? 'unknown',
    unit: usage.unitOf(request?.principal.groups ?? principal.groups ?? []),
    totals: {
      calls: isCalled ? 1 : 0,
      refused: isCalled ? 0 : 1,
      rows: answer?.rows ?? 0,
      bytes: answer?.bytes ?? 0,
      tokens: answer?.usage?.tokens ?? 0,
      cost: answer?.usage?.cost ?? 0,
    },
  })
}
