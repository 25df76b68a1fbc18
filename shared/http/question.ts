import * as z from 'zod'
import { invalid } from '../backend/inputs.ts'
import { describeIssue } from '../backend/resolve.ts'

/** The body of `POST /api/explain`. */
export interface Question {
  readonly backend: string
  readonly operation: string
  readonly inputs: unknown
}

const schema = () =>
  z.strictObject({
    backend: z.string().max(64),
    operation: z.string().max(64),
    inputs: z.record(z.string(), z.unknown()).default({}),
  })

/** A question, or Problem `input_invalid` that names the member. */
export function parseQuestion(body: unknown): Question {
  const parsed = schema().safeParse(body)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue)))
}
