/** One attempt at a time, remembered once it succeeds. */
export function retriable<T>(attempt: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined
  return () => {
    pending ??= attempt().catch((error: unknown) => {
      pending = undefined
      throw error
    })
    return pending
  }
}
