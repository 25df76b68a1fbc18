import { z } from 'zod'
import { fail, type Reply, unauthorized } from './reply.ts'

const places = [
  'any',
  'submit',
  'poll',
  'chunk',
  'cancel',
  'me',
  'warehouses',
  'history',
  'genie',
  'message',
  'rest',
] as const

/** Where in the API a request goes. */
export type Place = Exclude<(typeof places)[number], 'any'>

/** A fault that the next `count` requests of a place meet; exists in this stand-in only. */
export const faultOrder = z.strictObject({
  fault: z.enum([
    'claims_challenge',
    'token',
    'throttle',
    'unavailable',
    'error',
    'hang',
    'redirect',
    'garbage',
    'html',
    'oversized',
    'drop',
    'lose_reply',
  ]),
  at: z.enum(places).default('any'),
  count: z.int().min(1).max(1000).default(1),
  /** The claims request to answer with, as JSON text. */
  claims: z.string().default('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'),
  /** Seconds. */
  retryAfter: z.int().default(1),
  location: z.url().default('https://elsewhere.example/api/2.0/sql/statements'),
})

export type Fault = z.infer<typeof faultOrder>

/** The planted faults; `take` gives the one that strikes a request of that place, and counts it. */
export function makeFaults() {
  let planted: Fault[] = []
  return {
    plant: (fault: Fault) => {
      planted.push(fault)
    },
    clear: () => {
      planted = []
    },
    take: (place: Place): Fault | null => {
      const found = planted.find(({ at }) => at === 'any' || at === place)
      if (found === undefined) return null
      planted = planted.flatMap((one) => {
        if (one !== found) return [one]
        return one.count > 1 ? [{ ...one, count: one.count - 1 }] : []
      })
      return found
    },
  }
}

const oversizedBytes = 20 * 1024 * 1024

/** The reply that a fault stands for; a lost reply is the caller's to make, after the work is done. */
export function replyOf(fault: Fault, tenant: string): Reply {
  switch (fault.fault) {
    case 'claims_challenge':
      return challenge(fault, tenant)
    case 'token':
      return unauthorized('invalid_token')
    case 'throttle':
      return {
        ...fail(429, 'REQUEST_LIMIT_EXCEEDED', 'Too many requests'),
        headers: { 'Retry-After': String(fault.retryAfter) },
      }
    case 'unavailable':
      return {
        ...fail(503, 'TEMPORARILY_UNAVAILABLE', 'Try again'),
        headers: { 'Retry-After': String(fault.retryAfter) },
      }
    case 'error':
      return fail(500, 'INTERNAL_ERROR', 'The service failed')
    case 'hang':
      return 'hang'
    case 'redirect':
      return { status: 307, headers: { Location: fault.location } }
    case 'html':
      return { status: 200, body: '<html>Sign in</html>', headers: { 'Content-Type': 'text/html' } }
    case 'garbage':
      return { status: 200, body: '{"statement_id":', headers: { 'Content-Type': 'application/json' } }
    case 'oversized':
      return {
        status: 200,
        body: JSON.stringify({ filler: 'x'.repeat(oversizedBytes) }),
        headers: { 'Content-Type': 'application/json' },
      }
    default:
      return 'drop'
  }
}

function challenge({ claims }: Fault, tenant: string): Reply {
  const authority = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/authorize`
  const encoded = Buffer.from(claims).toString('base64')
  return unauthorized('insufficient_claims', `, authorization_uri="${authority}", claims="${encoded}"`)
}
