import { personalCommitment } from './chain.ts'

/** What an erasure or a hold concerns. */
export type Subject =
  | { readonly kind: 'person'; readonly tid: string; readonly oid: string }
  | { readonly kind: 'decision'; readonly decisionId: string }
  | { readonly kind: 'lane'; readonly lane: string }
  | { readonly kind: 'all' }

/** SHA-256(PAE("pii/v1", salt, "name:value")), hex: what stands in the book for a ticket, a reason or a person. */
export function commitControl(salt: string, name: 'ticket' | 'reason' | 'subject', value: string): string {
  return personalCommitment(Buffer.from(salt, 'hex'), `${name}:${value}`).toString('hex')
}

/** One text for each subject. */
export function textOfSubject(subject: Subject): string {
  if (subject.kind === 'person') return `person ${subject.tid}/${subject.oid}`
  if (subject.kind === 'decision') return `decision ${subject.decisionId}`
  return subject.kind === 'lane' ? `lane ${subject.lane}` : 'all'
}
