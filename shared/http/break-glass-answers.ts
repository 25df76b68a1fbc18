import { createHash } from 'node:crypto'
import {
  type BreakGlass,
  type GlassUse,
  glassRole,
  mayBreak,
  type StoredUse,
  standingOf,
} from '../approval/break-glass.ts'
import { requireFreshGlass } from '../approval/break-glass-rules.ts'
import { type ApproverRules, requirePersonInControl } from '../approval/vote.ts'
import { parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { ChallengeSettings } from '../identity/challenge.ts'
import type { Principal } from '../identity/principal.ts'
import { tellGlassBroken, tellGlassEnded } from '../notice/occurrences.ts'
import type { Ports } from '../pipeline/line.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { requireUnsuspended } from '../suspension/suspensions.ts'
import { denied } from './audit-auditor.ts'
import { parseActivation, parseGlassReview } from './break-glass-question.ts'

/** What the routes of emergency access answer from. */
export interface GlassParts {
  readonly ports: Pick<
    Ports,
    'verifyAny' | 'audit' | 'now' | 'randomHex' | 'log' | 'breakGlass' | 'notices' | 'suspensions'
  >
  readonly approvers: ApproverRules
  readonly challenge: ChallengeSettings
}

const auditorRole = 'Countersign.Auditor'
const readers = [auditorRole, 'Countersign.Operator']
const idForm = /^bg_[0-9a-f]{32}$/

/** The answers of `/api/break-glass`. */
export function createGlassAnswers(parts: GlassParts) {
  return {
    breakGlass: (inbound: Inbound) => activate(inbound, parts),
    listGlass: (inbound: Inbound) => list(inbound, parts),
    endGlass: (inbound: Inbound) => end(inbound, parts),
    reviewGlass: (inbound: Inbound) => review(inbound, parts),
  }
}

/** A person of the home tenant, at the console, with the scope `control`. */
async function identify(inbound: Inbound, { ports, approvers }: GlassParts): Promise<Principal> {
  const { principal } = await ports.verifyAny(inbound)
  requirePersonInControl(principal, approvers)
  if (principal.tid === approvers.homeTenant) return principal
  throw denied('home_tenant_only', 'This is for people of the tenant that runs the deployment.')
}

function requireHolder(principal: Principal, { approvers }: GlassParts): void {
  if (mayBreak(principal, approvers.homeTenant)) return
  throw denied('not_a_holder', `Only who holds the role ${glassRole} breaks the glass.`)
}

function commit(text: string, salt: string): string {
  return createHash('sha256').update(`${salt}\0${text}`).digest('hex')
}

function answer(status: number, { use }: Pick<StoredUse, 'use'>, { ports }: GlassParts): Answer {
  return answerJson(status, describeUse(use, ports.now()))
}

/** First kept, then in the book, and only then it counts; whoever is to hear of it hears at once. */
async function activate(inbound: Inbound, parts: GlassParts): Promise<Answer> {
  const { ports, challenge } = parts
  const principal = await identify(inbound, parts)
  requireHolder(principal, parts)
  await requireUnsuspended(principal, ports.suspensions)
  requireFreshGlass(principal, challenge, ports.now())
  const given = parseActivation(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  await requireNothingOpen(principal, ports.breakGlass, ports.now())
  const use = makeUse(principal, given, ports)
  if ((await ports.breakGlass.note(use)) === null) throw unkept()
  await ports.audit.recordEvent({ kind: 'break-glass', detail: { step: 'activate', ...factsOf(use, principal) } })
  ports.log('break_glass', { reason: use.id, tenant: use.tid })
  await ports.notices.enqueue(tellGlassBroken(use))
  if (await ports.breakGlass.open(use)) return answer(201, { use }, parts)
  throw alreadyOpen()
}

function makeUse(
  { tid, oid, actor }: Principal,
  given: { readonly justification: string; readonly minutes: number },
  { now, randomHex }: GlassParts['ports'],
): GlassUse {
  const since = now()
  return {
    id: `bg_${randomHex(16)}`,
    ...{ tid, oid, actor },
    since: new Date(since).toISOString(),
    until: new Date(since + given.minutes * 60_000).toISOString(),
    endedAt: null,
    justification: { text: given.justification, salt: randomHex(16) },
    review: null,
  }
}

function factsOf({ id, tid, oid, actor, since, until, justification }: GlassUse, { tokenId }: Principal) {
  const committed = commit(justification.text, justification.salt)
  return { id, tid, oid, azp: actor, tokenId, since, until, justification: committed }
}

/** Nobody has two at once, or another while one that was not reviewed in time stands open. */
async function requireNothingOpen({ tid, oid }: Principal, store: BreakGlass, now: number): Promise<void> {
  const own = (await store.list(tid)).filter(({ use }) => use.oid === oid).map(({ use }) => standingOf(use, now))
  if (own.some(({ isOverdue }) => isOverdue)) {
    throw denied('review_overdue', 'An earlier use has not been reviewed in time: an auditor has to do that first.')
  }
  if (own.some(({ isOpen }) => isOpen)) throw alreadyOpen()
}

function alreadyOpen(): Problem {
  return denied('already_active', 'Your emergency access is open already.')
}

function unkept(): Problem {
  return new Problem('policy_unavailable', 'Emergency access cannot be opened now.', { retryAfter: 5 })
}

/** Auditors and operators see all, everybody else their own. */
async function list(inbound: Inbound, parts: GlassParts): Promise<Answer> {
  const { tid, oid, roles } = await identify(inbound, parts)
  const { ports } = parts
  const all = await ports.breakGlass.list(tid)
  const seen = roles.some((role) => readers.includes(role)) ? all : all.filter(({ use }) => use.oid === oid)
  const newest = [...seen].sort((a, b) => (a.use.since < b.use.since ? 1 : -1))
  return answerJson(200, { uses: newest.map(({ use }) => describeUse(use, ports.now())) })
}

/** Ends what the caller has open; the review stays due. */
async function end(inbound: Inbound, parts: GlassParts): Promise<Answer> {
  const { ports } = parts
  const principal = await identify(inbound, parts)
  const { tid, oid, actor } = principal
  const all = await ports.breakGlass.list(tid)
  const stored = all.find(({ use }) => use.oid === oid && standingOf(use, ports.now()).isOpen)
  if (stored === undefined) throw new Problem('operation_unknown', 'You have no emergency access open.')
  const { id } = stored.use
  const time = new Date(ports.now()).toISOString()
  await ports.breakGlass.close({ tid, oid })
  await ports.audit.recordEvent({ kind: 'break-glass', detail: { step: 'end', id, tid, oid, azp: actor } })
  const ended = { ...stored.use, endedAt: time }
  await ports.breakGlass.replace(stored, ended)
  await ports.notices.enqueue(tellGlassEnded({ id, tid, oid, time }))
  return answer(200, { use: ended }, parts)
}

/** An auditor who could not have done it themselves says what they think of it; once. */
async function review(inbound: Inbound, parts: GlassParts): Promise<Answer> {
  const { ports } = parts
  const principal = await identify(inbound, parts)
  const { tid, oid, actor, roles } = principal
  if (!roles.includes(auditorRole)) throw denied('not_an_auditor', 'Only an auditor reviews emergency access.')
  const { comment } = parseGlassReview(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const stored = idForm.test(inbound.operation) ? await ports.breakGlass.find(tid, inbound.operation) : null
  if (stored === null) throw new Problem('operation_unknown', 'There is no such emergency access.')
  const { use } = stored
  if (use.oid === oid || roles.includes(glassRole)) {
    throw denied('operator_concerned', 'Who may break the glass does not review that it was broken.')
  }
  if (use.review !== null) throw denied('already_reviewed', 'It was reviewed.')
  const salt = ports.randomHex(16)
  const at = new Date(ports.now()).toISOString()
  const detail = { step: 'review', id: use.id, tid, oid, azp: actor, of: use.oid, comment: commit(comment, salt) }
  await ports.audit.recordEvent({ kind: 'break-glass', detail })
  const reviewed = { ...use, review: { oid, at, text: comment, salt } }
  if (await ports.breakGlass.replace(stored, reviewed)) return answer(200, { use: reviewed }, parts)
  throw denied('already_reviewed', 'Somebody else has changed it just now: look again.')
}

function describeUse(use: GlassUse, now: number) {
  const { id, tid, oid, since, until, endedAt, justification, review: made } = use
  return {
    ...{ id, tid, oid, since, until, endedAt },
    justification: justification.text,
    ...standingOf(use, now),
    review: made === null ? null : { oid: made.oid, at: made.at, comment: made.text },
  }
}
