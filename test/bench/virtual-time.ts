/** A clock that stands still while there is work, and then goes to the next thing that waits. */
export interface VirtualTime {
  readonly now: () => number
  readonly wait: (milliseconds: number) => Promise<void>
  /** Lets time pass until nothing waits. */
  readonly run: () => Promise<void>
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export function createVirtualTime(start: number): VirtualTime {
  const sleepers: Sleeper[] = []
  let now = start
  return {
    now: () => now,
    wait: (milliseconds) =>
      new Promise((resolve) => {
        const at = now + milliseconds
        const next = sleepers.findIndex((other) => other.at > at)
        sleepers.splice(next === -1 ? sleepers.length : next, 0, { at, wake: resolve })
      }),
    run: async () => {
      await settled()
      for (let next = sleepers.shift(); next !== undefined; next = sleepers.shift()) {
        now = next.at
        next.wake()
        await settled()
      }
    },
  }
}

/** After all that the last step has set off. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
