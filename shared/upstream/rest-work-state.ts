import type { LongRunning } from '../backend/rest-call.ts'
import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { valueAt } from './rest-drop.ts'
import { checkLink } from './rest-link.ts'
import { buildRequest } from './rest-request.ts'
import type { Answered, Visit } from './rest-visit.ts'

/** Work on its way: where to ask after it, and where its result will be, if that is known already. */
export interface Work {
  readonly poll: string
  readonly result?: string
}

/** What an answer says of the work; `silent` says nothing. */
export type WorkState = 'running' | 'done' | 'failed' | 'silent'

const usualDone = ['succeeded']
const usualFailed = ['failed', 'canceled', 'cancelled']

/** The state in an answer. */
export function stateOf(data: Json, { state, done = usualDone, failed = usualFailed }: LongRunning): WorkState {
  const said = state === undefined ? undefined : valueAt(data, state)
  if (said === undefined || said === null || typeof said === 'object') return 'silent'
  const word = String(said).toLowerCase()
  if (done.some((each) => each.toLowerCase() === word)) return 'done'
  return failed.some((each) => each.toLowerCase() === word) ? 'failed' : 'running'
}

/** The work that a first answer began; null where it is over already. Throws Problem where nobody can ask after it. */
export function begunBy(first: Answered, from: URL, visit: Visit): Work | null {
  const { longRunning } = visit.template
  if (longRunning === undefined) return null
  const state = stateOf(first.data, longRunning)
  if (state === 'done' || state === 'failed' || !isRunning(first, state, longRunning)) return null
  const poll = pollOf(first, from, visit)
  if (poll === null) throw failWith({ code: 'backend_failed', fate: 'called', why: 'next_link' })
  const result = longRunning.result
  const place = result !== undefined && 'path' in result ? fillPath(result.path, first.data, visit) : null
  return { poll: poll.href, ...(place === null ? {} : { result: place.href }) }
}

function isRunning({ status, headers }: Answered, state: WorkState, { poll, state: pointer }: LongRunning): boolean {
  if (state === 'running' || status === 202) return true
  if ('path' in poll) return pointer !== undefined
  return ['operation-location', 'azure-asyncoperation'].includes(poll.header) && headers.has(poll.header)
}

function pollOf(first: Answered, from: URL, visit: Visit): URL | null {
  const poll = visit.template.longRunning?.poll
  if (poll === undefined) return null
  return 'path' in poll ? fillPath(poll.path, first.data, visit) : headerLink(first, poll.header, { visit, from })
}

/** The link in a header, where it may be followed; null for none, too. */
export function headerLink(
  { headers }: Answered,
  name: string,
  { visit, from }: { readonly visit: Visit; readonly from: URL },
): URL | null {
  const link = headers.get(name)
  return link === null ? null : checkLink(link, { base: visit.base, from, underBase: true })
}

/** A path with texts of an answer in it, each as one segment; null where one is missing or no segment. */
export function fillPath(path: string, data: Json, { template, base, inputs }: Visit): URL | null {
  const pointers = [...path.matchAll(/\{(\/[^{}]+)\}/g)].map(([, pointer]) => pointer ?? '')
  const texts = pointers.map((pointer) => [pointer, valueAt(data, pointer) ?? null] as const)
  const { fixedQuery = {} } = template
  try {
    const filled = { ...inputs, ...Object.fromEntries(texts) }
    return buildRequest(base, { technology: 'rest', method: 'GET', path, fixedQuery }, filled).url
  } catch {
    return null
  }
}
