import { randomBytes } from 'node:crypto'
import type { TokenCredential } from '@azure/identity'
import { createBreakGlass } from './approval/break-glass.ts'
import { stateAt } from './approval/states.ts'
import type { Settings } from './config/settings.ts'
import type { TimeLimits } from './config/time-limits.ts'
import { Problem } from './errors/problem.ts'
import { noticesOf, type TitlesOf } from './notice/approval-notices.ts'
import { createNoticeDesk, type NoticeDesk } from './notice/desk.ts'
import { createNoticeJobs, type NoticeJobs } from './notice/jobs.ts'
import type { Notice } from './notice/notice.ts'
import { createNoticePost } from './notice/notice-http.ts'
import { createOutbox } from './notice/outbox.ts'
import { createSend } from './notice/send.ts'
import { createNoticeSecrets } from './notice/vault-notices.ts'
import type { Ports } from './pipeline/line.ts'
import { createValueSeal } from './state/sealed-value.ts'
import { createTableState } from './state/table-state.ts'
import type { Log } from './telemetry/log.ts'

/** What of the deployment notices are built on. */
export interface NoticeBase {
  readonly settings: Settings
  readonly credential: TokenCredential
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly limits: Pick<TimeLimits, 'approval' | 'vault'>
  readonly log: Log
}

interface NoticeParts extends Pick<Ports, 'approvals' | 'audit' | 'policy'> {
  readonly closing: (() => Promise<void>)[]
  /** Secret under which rows of emergency access are sealed. */
  readonly secret: () => Promise<Uint8Array>
}

/** What of notices and emergency access the line and the clock need. */
export interface NoticePorts extends Pick<Ports, 'notices' | 'breakGlass' | 'onApproval'> {
  readonly noticeJobs: NoticeJobs
}

/** Builds notices and emergency access; nothing connects before the first use. */
export function createNoticePorts(base: NoticeBase, parts: NoticeParts): NoticePorts {
  const { settings, clock, log } = base
  const titlesOf = titlesBy(parts.policy)
  const desk = createDesk(base, parts)
  parts.closing.push(desk.close)
  const minutes = settings.COUNTERSIGN_APPROVAL_DECIDE_MINUTES + settings.COUNTERSIGN_APPROVAL_USE_MINUTES
  const lookBackMs = minutes * 60_000 + 3_600_000
  const tid = settings.COUNTERSIGN_HOME_TENANT
  const { approvals, audit } = parts
  return {
    notices: desk,
    noticeJobs: createNoticeJobs({ desk, approvals, tid, titlesOf, lookBackMs, now: clock, log }),
    // Nobody waits for it.
    onApproval: async (approval) => {
      for (const notice of noticesOf(approval, clock(), titlesOf)) void desk.enqueue(notice)
    },
    breakGlass: createBreakGlass({
      table: openState(base, 'breakglass'),
      seal: createValueSeal(parts.secret, 'breakglass'),
      homeTenant: tid,
      now: clock,
      onForgery: () => {
        log('break_glass_forged')
        const failed = () => log('break_glass_forgery_unrecorded')
        audit.recordEvent({ kind: 'break-glass', detail: { step: 'forged', tid } }).catch(failed)
      },
    }),
  }
}

function createDesk(base: NoticeBase, { approvals, audit }: NoticeParts): NoticeDesk {
  const { settings, credential, clock, limits } = base
  const table = openState(base, 'notices')
  return createNoticeDesk({
    outbox: createOutbox({ table, now: clock, randomHex: (bytes) => randomBytes(bytes).toString('hex') }),
    channels: settings.COUNTERSIGN_NOTICES,
    send: createSend({
      publicUrl: settings.COUNTERSIGN_PUBLIC_URL.replace(/\/$/, ''),
      secretOf: createNoticeSecrets({
        vaultUrl: settings.COUNTERSIGN_KEY_VAULT_URL,
        credential,
        clock,
        timeout: limits.vault,
      }),
      post: createNoticePost({ fetch }),
      now: clock,
    }),
    isCurrent: (notice) => isCurrent(notice, approvals, clock),
    audit,
    log: base.log,
  })
}

function openState({ settings, credential, limits }: NoticeBase, table: string) {
  const account = { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential }
  return createTableState({ account, table, timeout: limits.approval })
}

/** A request that was decided meanwhile is nothing to ask for any more. */
async function isCurrent(notice: Notice, approvals: Ports['approvals'], now: () => number): Promise<boolean> {
  if (notice.kind !== 'approval-requested' && notice.kind !== 'approval-escalated') return true
  try {
    const found = await approvals.find(String(notice.data.tid), String(notice.data.approval))
    return found !== null && stateAt(found.progress, now()) === 'pending'
  } catch (error) {
    // A row that is not ours asks nobody for anything.
    if (error instanceof Problem && error.code === 'approval_mismatch') return false
    throw error
  }
}

/** Without a set in force there is nothing to name. */
function titlesBy(policy: Ports['policy']): TitlesOf {
  return (rule) => {
    try {
      const demands = policy().rules.filter(
        ({ demand }) => demand?.obligation.kind === 'approval' && demand.obligation.rule === rule,
      )
      return demands.map(({ id, title }) => ({ id, title }))
    } catch {
      return []
    }
  }
}
