import * as z from 'zod'
import { invalid } from '../backend/inputs.ts'
import { describeIssue } from '../backend/resolve.ts'
import { everyTenant, type SuspendedThing } from '../suspension/suspension.ts'

/** The body of `POST /api/suspensions`. */
export interface SuspensionQuestion {
  readonly thing: SuspendedThing
  /** A tenant's id, `all`, or undefined for the asker's own. */
  readonly tenant: string | undefined
  readonly reason: string
  /** Epoch milliseconds. */
  readonly until: number | undefined
}

const guid = () => z.guid().transform((value) => value.toLowerCase())
const reason = () => z.string().trim().min(1).max(1000)

const schema = () =>
  z
    .strictObject({
      person: guid().optional(),
      agent: guid().optional(),
      backend: z.string().min(1).max(64).optional(),
      operation: z.string().min(1).max(64).optional(),
      tenant: z.union([z.literal(everyTenant), guid()]).optional(),
      reason: reason(),
      until: z.iso.datetime({ offset: true }).optional(),
    })
    .refine(({ person, agent, backend }) => (person ?? agent ?? backend) !== undefined, 'names nothing to suspend')
    .refine(({ backend, operation }) => operation === undefined || backend !== undefined, 'names no backend for it')

/** What to suspend, or Problem `input_invalid` that names the member. `now` is epoch milliseconds. */
export function parseSuspension(body: unknown, now: number): SuspensionQuestion {
  const { tenant, reason: text, until, ...thing } = parse(schema(), body)
  const end = until === undefined ? undefined : Date.parse(until)
  if (end !== undefined && end <= now) throw invalid([{ pointer: '/until', detail: 'is past' }])
  return { thing, tenant, reason: text.toWellFormed(), until: end }
}

/** The body of `PUT /api/me/agents/{actor}`. */
export function parseSwitch(body: unknown): { readonly enabled: boolean } {
  return parse(z.strictObject({ enabled: z.boolean() }), body)
}

/** The body of `POST /api/me/activity/{decisionId}/not-me`. */
export function parseNotMe(body: unknown): { readonly comment: string } {
  return { comment: parse(z.strictObject({ comment: reason() }), body).comment.toWellFormed() }
}

/** A GUID in a path, in lower case; Problem `input_invalid` for anything else. */
export function parseGuid(text: string): string {
  return parse(guid(), text)
}

function parse<T>(rules: z.ZodType<T, unknown>, value: unknown): T {
  const parsed = rules.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue)))
}
