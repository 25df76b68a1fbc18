import { describe, expect, it } from 'vitest'
import type { Json, UpstreamAnswer } from '../../shared/pipeline/ports.ts'
import { problemOf } from '../unit/upstream/calls.ts'
import { answerWith, type Site } from './rest-world.ts'

/** One call of an executor under test, by the name that the tests show. */
export interface FaultyCall {
  readonly name: string
  /** Calls what the site answers, with at most 4 KiB an answer unless said below; `late` is aborted at the deadline. */
  readonly call: (late: AbortSignal) => Promise<UpstreamAnswer>
  /** Characters that are too many for it; 5000 unless given. */
  readonly tooMany?: number
  /** What it asks besides, which is answered as it should and not counted. */
  readonly besides?: { readonly path: string; readonly answer: Json }
  /** Faults that it ends otherwise with, for a reason: name of the fault → code, reason, status and number of requests. */
  readonly otherwise?: Readonly<Record<string, string>>
}

type Fault = readonly [what: string, reply: Site['reply'], code: string, reason: string, status: number]

const claims = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString('base64')
const challenge = `Bearer error="insufficient_claims", claims="${claims}"`
const refusal = (status: number, headers = {}) => answerWith({ error: 'words of the backend' }, status, headers)
const raw =
  (body: string, type: string): Site['reply'] =>
  (_asked, response) => {
    response.writeHead(200, { 'content-type': type }).end(body)
  }

const tooLarge = 'an answer that is too large'
const silence = 'silence'

/** What an HTTP backend can do wrong to a read. */
const faults: readonly Fault[] = [
  [
    '401 with claims',
    refusal(401, { 'www-authenticate': challenge }),
    'backend_rejected_token',
    'not_called:claims_challenge',
    502,
  ],
  ['401 without', refusal(401), 'backend_rejected_token', 'not_called:token', 502],
  ['403', refusal(403), 'backend_rejected', 'status_403', 403],
  ['404', refusal(404), 'backend_rejected', 'status_404', 404],
  ['409', refusal(409), 'backend_rejected', 'status_409', 409],
  ['412', refusal(412), 'backend_rejected', 'status_412', 412],
  ['429 with Retry-After', refusal(429, { 'retry-after': '7' }), 'backend_rejected', 'not_called:throttled', 429],
  ['429 without', refusal(429), 'backend_rejected', 'not_called:throttled', 429],
  ['500', refusal(500), 'backend_failed', 'status_500', 502],
  ['503', refusal(503), 'backend_failed', 'status_503', 502],
  [silence, () => undefined, 'backend_timeout', 'deadline', 504],
  [
    'an answer cut short',
    (_asked, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"a":')
      setTimeout(() => response.destroy(), 10)
    },
    'backend_failed',
    'connection_lost',
    502,
  ],
  [tooLarge, refusal(200), 'backend_failed', 'too_large', 502],
  ['a page of HTML', raw('<html></html>', 'text/html'), 'backend_failed', 'content_type', 502],
  ['half of a JSON text', raw('{"a":', 'application/json'), 'backend_failed', 'json', 502],
  ['a redirect elsewhere', refusal(302, { location: 'https://evil.example/' }), 'backend_failed', 'redirect', 502],
]

/** Tries every fault on every call: the right problem, one request, and not a word of the backend in it. */
export function describeFaults(title: string, calls: readonly FaultyCall[], site: () => Site): void {
  describe.each(calls)(`${title}: $name`, (call) => {
    it.each(faults)(
      'ends with %s as it should',
      async (...[fault, reply, ...expected]) => {
        const deadline = new AbortController()
        const asked = answering(site(), call, own(fault, { call, deadline }) ?? reply)
        const problem = await problemOf(call.call(deadline.signal))
        const ended = [problem.code, problem.reason, problem.status, asked()].join(' ')
        expect(ended).toBe(call.otherwise?.[fault] ?? [...expected, 1].join(' '))
        expect(JSON.stringify([problem.detail, problem.members])).not.toMatch(/words of the backend|evil/)
      },
      20_000,
    )

    it('says how long to wait, where the backend does, and what claims it wants', async () => {
      answering(site(), call, refusal(429, { 'retry-after': '7' }))
      expect((await problemOf(call.call(never))).members.retryAfter).toBe(7)
      answering(site(), call, refusal(401, { 'www-authenticate': challenge }))
      expect((await problemOf(call.call(never))).members.claims).toBe(claims)
    }, 20_000)
  })
}

const never = new AbortController().signal

/** What a fault is for this very call: its time is up once it was heard, and its limit has a size of its own. */
function own(fault: string, { call, deadline }: { readonly call: FaultyCall; readonly deadline: AbortController }) {
  if (fault === tooLarge) return answerWith({ a: 'x'.repeat(call.tooMany ?? 5000) })
  return fault === silence ? () => deadline.abort(new DOMException('late', 'TimeoutError')) : undefined
}

/** Answers with the fault, but for what the call asks besides; gives how often the fault was met. */
function answering(site: Site, { besides }: FaultyCall, reply: Site['reply']): () => number {
  const isBesides = (url: string) => besides !== undefined && url.startsWith(besides.path)
  site.asked.length = 0
  site.reply = (asked, response) =>
    isBesides(asked.url) ? answerWith(besides?.answer ?? null)(asked, response) : reply(asked, response)
  return () => site.asked.filter(({ url }) => !isBesides(url)).length
}
