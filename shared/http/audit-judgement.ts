import * as z from 'zod'
import { invalid } from '../backend/inputs.ts'
import { describeIssue } from '../backend/resolve.ts'

const comment = () => z.string().trim().min(1).max(2000)
const digest = () => z.string().regex(/^[0-9a-f]{64}$/)

const review = () =>
  z.strictObject({
    decision: z.enum(['accepted', 'rejected']),
    comment: comment(),
    digest: digest().optional(),
  })

const disposition = () =>
  z.strictObject({
    disposition: z.enum(['accepted', 'incident', 'false_alarm']),
    owner: z.guid().optional(),
    comment: comment(),
    date: z
      .string()
      .regex(/^\d{4}-\d\d-\d\d$/)
      .optional(),
  })

/** The body of a review; `digest` is that of the report which was read. */
export type Review = z.output<ReturnType<typeof review>>
/** The body of a disposition; `owner` is a person's object id, `date` the report that names the finding. */
export type Disposition = z.output<ReturnType<typeof disposition>>

/** A review, or Problem `input_invalid` that names the member. */
export function parseReview(body: unknown): Review {
  return parse(review(), body)
}

/** A disposition, or Problem `input_invalid` that names the member. */
export function parseDisposition(body: unknown): Disposition {
  return parse(disposition(), body)
}

function parse<T extends { readonly comment: string }>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body, { reportInput: true })
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue)))
  return { ...parsed.data, comment: parsed.data.comment.toWellFormed() }
}
