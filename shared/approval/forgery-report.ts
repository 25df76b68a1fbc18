import type { EventFacts } from '../audit/record.ts'
import type { Forgery } from './sealed-approvals.ts'

interface Parts {
  readonly audit: { readonly recordEvent: (facts: EventFacts) => Promise<unknown> }
  readonly log: (event: string, fields: Readonly<Record<string, string>>) => void
}

/** So many forgeries are remembered; one that was forgotten is only told of again. */
const remembered = 1000
/** What an id may be; anything else was put there from outside, and its text goes nowhere. */
const idForm = /^apr_[0-9a-f]{32}(-\d{1,6})?$/
const tenantForm = /^[0-9a-f-]{1,64}$/

/** Says of each forged row once, in the log and in the book; the refusal itself does not wait for it. */
export function createForgeryReport({ audit, log }: Parts): (forgery: Forgery) => void {
  const told = new Set<string>()
  return ({ tid, id, etag }) => {
    const key = `${tid}|${id}|${etag}`
    if (told.has(key)) return
    if (told.size >= remembered) told.clear()
    told.add(key)
    const named = { id: idForm.test(id) ? id : 'unknown', tid: tenantForm.test(tid) ? tid : 'unknown' }
    log('approval_forged', { reason: named.id })
    const failed = () => log('approval_forgery_unrecorded', { reason: named.id })
    audit.recordEvent({ kind: 'approval', detail: { step: 'forged', ...named } }).catch(failed)
  }
}
