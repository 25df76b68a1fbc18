import { createHash } from 'node:crypto'
import type { Approval } from '../approval/approval.ts'
import { type ResumedVote, readResume, writeResume } from '../approval/resume.ts'
import { decideRequest, isoTime, stateAt } from '../approval/states.ts'
import type { Vote } from '../approval/terms.ts'
import {
  ballotsOf,
  chooseBallot,
  requireAnother,
  requireFreshStepUp,
  requirePersonInControl,
  type Voter,
} from '../approval/vote.ts'
import { invalid, parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { Inbound } from '../pipeline/ports.ts'
import { requireUnsuspended } from '../suspension/suspensions.ts'
import { type ApprovalParts, changeApproval, type NextStep } from './approval-change.ts'
import { type GivenVote, parseVote } from './approval-question.ts'
import { findVisible, identifyVoter, votingWorld } from './approval-voter.ts'

/** `POST /api/approvals/{id}/decision`: the approval as it is with this vote. */
export async function castVote(inbound: Inbound, parts: ApprovalParts): Promise<Approval> {
  const { ports, approvers } = parts
  const voter = await identifyVoter(inbound, parts)
  const { principal } = voter
  requirePersonInControl(principal, approvers)
  const given = parseVote(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const approval = await findVisible(voter, inbound.operation, parts)
  requireAnother(principal, approval)
  await requireUnsuspended(principal, ports.suspensions)
  if (given.digest !== approval.request.digest) {
    throw new Problem('approval_mismatch', 'The vote is for something else than this request asks.')
  }
  const text = await wordsOf(inbound, { voter, given, approval }, parts)
  await requireStepUp({ voter, given, approval, text }, parts)
  const justification = { text, salt: ports.randomHex(16) }
  const next = (stored: Approval) => voteOn(stored, { voter, given, justification }, parts)
  return changeApproval({ step: 'vote', voter, approval, next }, parts)
}

interface Given {
  readonly voter: Voter
  readonly given: GivenVote
  readonly approval: Approval
}

function resumedVote({ voter, given, approval }: Given): ResumedVote {
  const { tid, oid } = voter.principal
  return { tid, voter: oid, id: approval.request.id, digest: given.digest, decision: given.decision }
}

/** What the voter typed now, or before the sign-in that the token of `Countersign-Resume` was given for. */
async function wordsOf(inbound: Inbound, asked: Given, { ports }: ApprovalParts): Promise<string> {
  const { justification } = asked.given
  if (justification !== undefined) return justification
  const token = inbound.headers['countersign-resume'] ?? ''
  const vote = resumedVote(asked)
  const kept = await readResume({ vote, token, now: ports.now() }, ports.approvalDesk.keys)
  if (kept !== null) return kept
  throw invalid([{ pointer: '/justification', detail: 'is missing, and Countersign-Resume brings none for this vote' }])
}

/** The challenge gives the words back, sealed, so that nobody has to type them twice. */
async function requireStepUp(asked: Given & { readonly text: string }, parts: ApprovalParts): Promise<void> {
  const { ports, challenge } = parts
  const now = ports.now()
  try {
    requireFreshStepUp(asked.voter.principal, challenge, now)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'claims_challenge') throw error
    const vote = resumedVote(asked)
    const resume = await writeResume(
      { vote, text: asked.text, now, nonce: ports.randomHex(12) },
      ports.approvalDesk.keys,
    )
    throw new Problem(error.code, error.detail, { ...error.members, resume, reason: error.reason })
  }
}

interface Cast {
  readonly voter: Voter
  readonly given: GivenVote
  readonly justification: Vote['justification']
}

/** The vote on an approval as it is stored now: what the voter may cast depends on the votes that are there already. */
function voteOn(approval: Approval, { voter, given, justification }: Cast, parts: ApprovalParts): NextStep {
  const world = votingWorld(parts)
  const { request, progress } = approval
  if (stateAt(progress, world.now) !== 'pending') return { progress: null }
  const { oid, tokenId } = voter.principal
  const approve = given.decision === 'approve'
  const ballots = ballotsOf(voter, approval, world)
  const vote = chooseBallot(ballots, approval, { approve, voter: oid, at: world.now, justification })
  const decided = decideRequest(progress, vote, request)
  const detail = {
    decision: given.decision,
    digest: given.digest,
    tokenId,
    ...(vote.inSteadOf === null ? {} : { inSteadOf: vote.inSteadOf }),
    ...(decided?.useBy ? { useBy: isoTime(decided.useBy) } : {}),
    justification: createHash('sha256').update(`${justification.salt}\0${justification.text}`).digest('hex'),
  }
  return { progress: decided, detail }
}
