import type { LongRunning } from '../backend/rest-call.ts'
import { Problem } from '../errors/problem.ts'
import { failWith, fateOfLostAnswer } from './failure.ts'
import { refuseInput } from './rest-fill.ts'
import { checkLink } from './rest-link.ts'
import type { RestRequest } from './rest-request.ts'
import { waitOf } from './rest-status.ts'
import { type Answered, seal, unseal, type Visit } from './rest-visit.ts'
import { fillPath, headerLink, stateOf, type Work } from './rest-work-state.ts'

/** How following ended: with the answer, or with a handle for going on later. */
export type Followed = { readonly over: Answered } | { readonly handle: string; readonly last: Answered | null }

interface Turn {
  readonly work: Work
  readonly last: Answered | null
  /** Unanswered questions in a row. */
  readonly misses: number
  readonly waitMs: number
}

const mostMisses = 4
const longestWaitMs = 60_000

/** The work of a handle. Throws Problem `input_invalid` for one that is not for exactly this call. */
export function openWork(handle: string, visit: Visit): Work {
  const text = unseal(visit, 'work', handle)
  if (text === null)
    throw refuseInput('Operation-Handle', 'is no handle of this operation, these inputs and this person')
  return JSON.parse(text) as Work
}

/**
 * Asks after work until it is over, or leaves it to a handle where the call's time is up or nobody answers any more.
 * Throws Problem: `backend_rejected` (422) for work that failed, `unknown:` where the fate of a change cannot be told.
 */
export async function followWork(work: Work, first: Answered | null, visit: Visit): Promise<Followed> {
  const rules = visit.template.longRunning
  if (rules === undefined) throw failWith({ code: 'internal', fate: 'unknown', why: 'long_running' })
  let turn: Turn = { work, last: first, misses: 0, waitMs: first === null ? 0 : pauseAfter(first, rules, visit) }
  while (visit.now() + turn.waitMs < visit.until) {
    const next = await takeTurn(turn, rules, visit)
    if ('over' in next || 'handle' in next) return next
    turn = next
  }
  return handOver(turn, visit)
}

async function takeTurn(turn: Turn, rules: LongRunning, visit: Visit): Promise<Turn | Followed> {
  try {
    if (turn.waitMs > 0) await visit.pause(turn.waitMs)
    return await look(turn, rules, visit)
  } catch (error) {
    return missed(error, turn, visit)
  }
}

async function look(turn: Turn, rules: LongRunning, visit: Visit): Promise<Turn | Followed> {
  const asked = questionFor(turn.work.poll, visit)
  const last = await visit.ask(asked, 'read')
  const state = stateOf(last.data, rules)
  if (state === 'failed') throw failed(last)
  const isOver = state === 'done' || (state === 'silent' && last.status !== 202)
  // Where states are told, an answer without one is not what was asked for.
  if (isOver && state === 'silent' && rules.state !== undefined) throw lost('state', visit)
  if (isOver) return { over: await fetchResult(last, turn.work, { rules, visit }) }
  return { work: movedTo(last, turn.work, { rules, visit }), last, misses: 0, waitMs: pauseAfter(last, rules, visit) }
}

/** An answer on the way may name another place to ask at. */
function movedTo(last: Answered, work: Work, { rules, visit }: { rules: LongRunning; visit: Visit }): Work {
  if ('path' in rules.poll || !last.headers.has(rules.poll.header)) return work
  const moved = headerLink(last, rules.poll.header, { visit, from: new URL(work.poll) })
  if (moved === null) throw lost('next_link', visit)
  return { ...work, poll: moved.href }
}

async function fetchResult(
  last: Answered,
  work: Work,
  { rules, visit }: { rules: LongRunning; visit: Visit },
): Promise<Answered> {
  const { result } = rules
  if (result === undefined) return last
  const place = resultOf(last, work, { result, visit })
  if (place === null && 'header' in result && !last.headers.has(result.header)) return last
  if (place === null) throw lost('next_link', visit)
  return visit.ask(questionFor(place, visit), 'read')
}

function resultOf(
  last: Answered,
  work: Work,
  { result, visit }: { result: NonNullable<LongRunning['result']>; visit: Visit },
): string | null {
  const from = new URL(work.poll)
  if ('path' in result) return work.result ?? fillPath(result.path, last.data, visit)?.href ?? null
  if ('header' in result) return headerLink(last, result.header, { visit, from })?.href ?? null
  from.pathname = `${from.pathname.replace(/\/+$/, '')}/${result.suffix.replace(/^\/+/, '')}`
  return from.href
}

/** Judged again where it comes out of a handle: the deployment may have moved since. */
function questionFor(href: string, visit: Visit): RestRequest {
  const url = checkLink(href, { base: visit.base, from: visit.base, underBase: true })
  if (url === null) throw lost('next_link', visit)
  return { method: 'GET', url, headers: {}, body: null }
}

/** The work goes on where only the question failed: busy and broken answers are asked again, others end it. */
function missed(error: unknown, turn: Turn, visit: Visit): Turn | Followed {
  if (!(error instanceof Problem)) throw error
  const miss = missOf(error)
  const misses = miss === 'busy' ? turn.misses : turn.misses + 1
  const waitMs = Math.min(longestWaitMs, 1000 * (error.members.retryAfter ?? 0.25 * 2 ** misses))
  if ((miss === 'busy' || miss === 'broken') && misses <= mostMisses) return { ...turn, misses, waitMs }
  if (leavesOpen(miss, visit)) return handOver(turn, visit)
  throw miss === 'judged' || visit.call.handle !== undefined ? error : lost(reasonOf(error), visit, error)
}

type Miss = 'busy' | 'broken' | 'late' | 'token' | 'judged' | 'refused'

function missOf({ code, status, reason }: Problem): Miss {
  if (code === 'backend_rejected' && status === 429) return 'busy'
  if (code === 'backend_timeout') return 'late'
  if (code === 'backend_rejected_token') return 'token'
  if (/(?:^|:)(?:status_5\d\d|connection_lost|unreachable)$/.test(reason)) return 'broken'
  return reason === 'work_failed' || reason.startsWith('unknown:') ? 'judged' : 'refused'
}

/**
 * Nobody answers, and the work may well go on. A refused token, too, is not its end: asked anew it would begin a second
 * time. Whoever comes back with the handle hears of it.
 */
function leavesOpen(miss: Miss, { call }: Visit): boolean {
  return miss === 'late' || (call.handle === undefined && (miss === 'broken' || miss === 'token'))
}

function handOver({ work, last }: Turn, visit: Visit): Followed {
  return { handle: seal(visit, 'work', JSON.stringify(work)), last }
}

function pauseAfter({ headers }: Answered, { every = 2 }: LongRunning, visit: Visit): number {
  const seconds = waitOf(headers.get('retry-after'), visit.now()) ?? every
  return Math.min(longestWaitMs, 1000 * seconds)
}

function failed({ backendIds }: Answered): Problem {
  const why = 'work_failed'
  return failWith({ code: 'backend_rejected', fate: 'called', why, members: { status: 422 }, facts: { backendIds } })
}

function reasonOf({ reason }: Problem): string {
  return reason.replace(/^(?:not_called|unknown):/, '')
}

/** What began is not taken back by a question that went wrong. */
function lost(why: string, { call }: Visit, error?: Problem): Problem {
  const fate = fateOfLostAnswer(call.understood.effect)
  return failWith({ code: error?.code ?? 'backend_failed', fate, why, ...(error ? { members: error.members } : {}) })
}
