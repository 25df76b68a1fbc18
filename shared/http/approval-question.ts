import * as z from 'zod'
import { invalid } from '../backend/inputs.ts'
import { describeIssue } from '../backend/resolve.ts'

/** The body of `POST /api/approvals/{id}/decision`; the digest is the one that the voter was shown. */
export interface Vote {
  readonly decision: 'approve' | 'reject'
  readonly digest: string
  readonly justification: string
}

const schema = () =>
  z.strictObject({
    decision: z.enum(['approve', 'reject']),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    justification: z.string().trim().min(1).max(1000),
  })

/** A vote, or Problem `input_invalid` that names the member. */
export function parseVote(body: unknown): Vote {
  const parsed = schema().safeParse(body)
  if (parsed.success) return { ...parsed.data, justification: parsed.data.justification.toWellFormed() }
  throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue)))
}

/** Seconds to wait for a decision, 0 to 30; none where the query says nothing of it. */
export function parseWait(query: string): number {
  const given = new URLSearchParams(query).get('wait')
  if (given === null) return 0
  if (/^\d{1,2}$/.test(given) && Number(given) <= 30) return Number(given)
  throw invalid([{ pointer: '/wait', detail: 'is not a number of seconds from 0 to 30' }])
}
