import * as z from 'zod'
import { invalid } from '../backend/inputs.ts'
import { describeIssue } from '../backend/resolve.ts'

/**
 * The body of `POST /api/approvals/{id}/decision`; the digest is the one that the voter was shown. The justification may
 * be left out where a token of an earlier try brings it.
 */
export interface GivenVote {
  readonly decision: 'approve' | 'reject'
  readonly digest: string
  readonly justification?: string | undefined
}

/** The body of `PUT /api/approvals/delegations`: to whom (object id), until when (epoch milliseconds). */
export interface GivenDelegation {
  readonly to: string
  readonly until: number
}

const voteSchema = () =>
  z.strictObject({
    decision: z.enum(['approve', 'reject']),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    justification: z.string().trim().min(1).max(1000).optional(),
  })

const delegationSchema = () =>
  z.strictObject({
    to: z.guid().transform((id) => id.toLowerCase()),
    until: z.iso.datetime().transform((time) => Date.parse(time)),
  })

/** A vote, or Problem `input_invalid` that names the member. */
export function parseVote(body: unknown): GivenVote {
  const given = parse(voteSchema(), body)
  const { justification } = given
  return justification === undefined ? given : { ...given, justification: justification.toWellFormed() }
}

/** A delegation, or Problem `input_invalid` that names the member. */
export function parseDelegation(body: unknown): GivenDelegation {
  return parse(delegationSchema(), body)
}

/** Which delegation is to end: to whom it went, and from whom where it is not the caller's own. */
export function parseEnding(query: string): { readonly to: string; readonly from: string | null } {
  const given = new URLSearchParams(query)
  return {
    to: guidOf(given.get('to') ?? '', '/to'),
    from: given.has('from') ? guidOf(given.get('from') ?? '', '/from') : null,
  }
}

function guidOf(text: string, pointer: string): string {
  if (z.guid().safeParse(text).success) return text.toLowerCase()
  throw invalid([{ pointer, detail: 'is not the object id of a person' }])
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue)))
}

/** Seconds to wait for a decision, 0 to 30; none where the query says nothing of it. */
export function parseWait(query: string): number {
  const given = new URLSearchParams(query).get('wait')
  if (given === null) return 0
  if (/^\d{1,2}$/.test(given) && Number(given) <= 30) return Number(given)
  throw invalid([{ pointer: '/wait', detail: 'is not a number of seconds from 0 to 30' }])
}
