import { z } from 'zod'
import { fail, type Reply, unauthorized } from './reply.ts'

/** A fault that the next `count` calls meet; exists in this stand-in only. */
export const faultOrder = z.strictObject({
  fault: z.enum(['claims_challenge', 'throttle', 'error', 'hang', 'redirect']),
  count: z.int().min(1).max(1000).default(1),
  /** The claims request to answer with, as JSON text. */
  claims: z.string().default('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'),
  /** Seconds. */
  retryAfter: z.int().default(2),
  location: z.url().default('https://elsewhere.example/orders'),
})

export type Fault = z.infer<typeof faultOrder>

/** The reply that a fault stands for; null means that no answer is ever given. */
export function replyOf(fault: Fault, tenant: string): Reply | null {
  if (fault.fault === 'hang') return null
  if (fault.fault === 'throttle')
    return { ...fail(429, 'TooManyRequests', 'slow down'), headers: { 'Retry-After': String(fault.retryAfter) } }
  if (fault.fault === 'error') return fail(500, 'InternalServerError', 'the service failed')
  if (fault.fault === 'redirect') return { status: 307, headers: { Location: fault.location } }
  const authority = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/authorize`
  const claims = Buffer.from(fault.claims).toString('base64')
  return unauthorized('insufficient_claims', `, authorization_uri="${authority}", claims="${claims}"`)
}
