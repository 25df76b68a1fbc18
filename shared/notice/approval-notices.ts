import type { Approval } from '../approval/approval.ts'
import { showCall } from '../approval/secrecy.ts'
import { type ApprovalState, escalatesAt, isoTime, stateAt } from '../approval/states.ts'
import type { Notice, NoticeKind } from './notice.ts'

/** A policy's id and title. */
export interface RuleTitle {
  readonly id: string
  readonly title: string
}

/** Which policies demand this rule's approval. */
export type TitlesOf = (rule: string) => readonly RuleTitle[]

/** Longest statement in a notice, in characters; the whole of it is in the console. */
const statementLength = 1000
const digestLength = 12

type Told = Extract<ApprovalState, 'approved' | 'rejected' | 'revoked' | 'expired'>

const told: Readonly<Partial<Record<ApprovalState, Told>>> = {
  approved: 'approved',
  claimed: 'approved',
  spent: 'approved',
  rejected: 'rejected',
  revoked: 'revoked',
  expired: 'expired',
}

/**
 * What there is to tell of an approval as it stands at `now`: a request to its approvers, once more at half of its time,
 * and how it was decided. The same approval gives the same ids, so that looking again tells nothing twice.
 */
export function noticesOf(approval: Approval, now: number, titlesOf: TitlesOf): readonly Notice[] {
  const { request, progress } = approval
  const state = stateAt(progress, now)
  if (state !== 'pending') {
    const how = told[state]
    return how === undefined
      ? []
      : [tell('approval-decided', `decided-${request.id}-${how}`, { approval, titlesOf, how })]
  }
  const half = escalatesAt(request, progress)
  const asked = tell('approval-requested', `requested-${request.id}`, { approval, titlesOf })
  return now < half ? [asked] : [asked, tell('approval-escalated', `escalated-${request.id}`, { approval, titlesOf })]
}

interface Subject {
  readonly approval: Approval
  readonly titlesOf: TitlesOf
  readonly how?: Told
}

function tell(kind: NoticeKind, id: string, { approval, titlesOf, how }: Subject): Notice {
  const { request, progress } = approval
  const { subject, needs, digest, preview, content } = request
  const titles = needs.flatMap(({ rule }) => titlesOf(rule)).map((one) => `${one.id}: ${one.title}`)
  return {
    id,
    kind,
    time: isoTime(request.requestedAt),
    data: {
      ...{ approval: request.id, state: how ?? 'pending', tid: subject.tid },
      ...{ person: subject.oid, agent: subject.actor },
      ...{ backend: subject.backend, operation: subject.operation, effect: request.effect },
      rules: needs.map(({ rule }) => rule),
      rowsEstimate: preview?.rows ?? null,
      estimatedAt: preview?.rows == null ? null : preview.takenAt,
      content: content === 'not_bound' ? 'not bound' : null,
      policies: [...new Set(titles)],
      decideBy: isoTime(progress.decideBy),
      useBy: progress.useBy === null ? null : isoTime(progress.useBy),
      digest: digest.slice(0, digestLength),
      statement: statementOf(subject.statement),
    },
    place: `#/approvals/${request.id}`,
  }
}

/** The statement with every literal replaced, or nothing where it cannot be told what one is. */
function statementOf(statement: string): string | null {
  if (statement === '') return null
  const hiding = { inputs: [], statement: 'statement', labels: [] }
  const shown = showCall({ inputs: '{}', statement }, hiding).statement ?? ''
  return shown.length > statementLength ? `${shown.slice(0, statementLength).toWellFormed()}…` : shown
}
