import type { RowDraft } from './document.ts'

/** Outcomes that the book still has to get. */
export interface Owed {
  /** Remembers a row that certainly is not in the book, if it is an outcome. */
  add(draft: RowDraft): void
  /** Appends what is owed; what fails again comes back by `add`. */
  pay(): void
}

const most = 10_000
/** A row that the store will not take must not drag those of its batch along for ever. */
const mostAttempts = 8

/**
 * A call that was made stands in the book later rather than never: the caller of an outcome that could not be written was
 * refused, but the intent need not stay open once the store is back. Nothing survives the process: then the intent is
 * left open, as after a crash.
 */
export function createOwed(append: (draft: RowDraft) => void): Owed {
  let owed: RowDraft[] = []
  const attempts = new WeakMap<RowDraft, number>()
  return {
    add(draft) {
      const count = attempts.get(draft) ?? 0
      if (draft.kind !== 'outcome' || owed.length >= most || count >= mostAttempts) return
      attempts.set(draft, count + 1)
      owed.push(draft)
    },
    pay() {
      const drafts = owed
      owed = []
      for (const draft of drafts) append(draft)
    },
  }
}
