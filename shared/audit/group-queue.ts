/** A queue that leaves in groups: whatever waited while one group was on its way goes with the next. */
export interface GroupQueue<T> {
  push(item: T): void
  size(): number
  /** Resolves once the queue is empty and nothing is on its way. */
  idle(): Promise<void>
}

/**
 * `flush` removes what it takes from the front of the queue and settles it; it must not reject. There is no timer, so a
 * lone item never waits for company.
 */
export function createGroupQueue<T>(flush: (queue: T[]) => Promise<void>): GroupQueue<T> {
  const queue: T[] = []
  let running: Promise<void> | null = null
  const drain = async (): Promise<void> => {
    // Items that were pushed in the same turn share the first group.
    await Promise.resolve()
    while (queue.length > 0) await flush(queue)
    running = null
  }
  return {
    push(item) {
      queue.push(item)
      running ??= drain()
    },
    size: () => queue.length,
    idle: () => running ?? Promise.resolve(),
  }
}
