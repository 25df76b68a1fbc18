import * as z from 'zod'
import { mostMinutes } from '../approval/break-glass.ts'
import { invalid } from '../backend/inputs.ts'
import { describeIssue } from '../backend/resolve.ts'

const activation = () =>
  z.strictObject({
    justification: z.string().trim().min(20).max(1000),
    minutes: z.int().min(1).max(mostMinutes).default(mostMinutes),
  })

const review = () => z.strictObject({ comment: z.string().trim().min(1).max(2000) })

/** The body of `POST /api/break-glass`, or Problem `input_invalid` that names the member. */
export function parseActivation(body: unknown): { readonly justification: string; readonly minutes: number } {
  const { justification, minutes } = parse(activation(), body)
  return { justification: justification.toWellFormed(), minutes }
}

/** The body of `POST /api/break-glass/{id}/review`, or Problem `input_invalid` that names the member. */
export function parseGlassReview(body: unknown): { readonly comment: string } {
  return { comment: parse(review(), body).comment.toWellFormed() }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body, { reportInput: true })
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue)))
}
