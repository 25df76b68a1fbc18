import { z } from 'zod'
import { fail, type Reply, type StreamFault } from './wire.ts'

/** A fault that the next `count` calls meet; exists in this stand-in only. */
export const faultOrder = z.strictObject({
  fault: z.enum(['claims_challenge', 'throttle', 'error', 'hang', 'redirect', 'html', 'stream']),
  count: z.int().min(1).max(1000).default(1),
  claims: z.string().default('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'),
  /** Headers of a throttled call, as the service sends one or the other. */
  headers: z.record(z.string(), z.string()).default({ 'retry-after': '2' }),
  status: z.int().min(400).max(599).default(500),
  stream: z
    .strictObject({ cutAfter: z.int().optional(), pause: z.int().optional(), endless: z.boolean().optional() })
    .default({}),
})

export type Fault = z.infer<typeof faultOrder>

/** What a fault makes of a call: a reply of its own, none at all (null), or a stream that goes wrong. */
export function replyOf(fault: Fault): Reply | null | StreamFault {
  if (fault.fault === 'hang') return null
  if (fault.fault === 'stream') return fault.stream as StreamFault
  if (fault.fault === 'throttle')
    return { ...fail(429, '429', 'Requests to the operation have exceeded the rate limit.'), headers: fault.headers }
  if (fault.fault === 'html') return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }
  if (fault.fault === 'redirect') return { status: 307, headers: { location: 'https://elsewhere.example/' } }
  if (fault.fault === 'error') return fail(fault.status, 'InternalServerError', 'The server had an error.')
  const claims = Buffer.from(fault.claims).toString('base64')
  const header = `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${claims}"`
  return { ...fail(401, '401', 'insufficient claims'), headers: { 'WWW-Authenticate': header } }
}
