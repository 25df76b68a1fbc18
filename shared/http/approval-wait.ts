import type { Approval } from '../approval/approval.ts'
import { stateAt } from '../approval/states.ts'

/** One caller's wait for one approval. */
export interface Wait {
  /** Who waits for what. */
  readonly name: string
  readonly id: string
  /** Epoch milliseconds. */
  readonly until: number
  readonly look: () => Promise<Approval>
}

/** Waits of one process. */
export interface Waits {
  /** Resolves with the approval as it is once it is decided, the time is up, or it was ended for newer ones. */
  readonly wait: (wait: Wait) => Promise<Approval>
  /** Something was decided here: whoever waits for it looks at once. */
  readonly wake: (id: string) => void
}

/** How often the table is asked, since another instance may decide: soon at first, then every two seconds. */
const firstPause = 250
const longestPause = 2000
/** So many waits at once; more are answered as things stand. */
const mostWaits = 500
const mostForOne = 4

/**
 * Waits that cost little: at most 30 s and 20 point reads each, woken by a vote on this instance, four a caller and
 * approval. The platform does not say when a caller leaves, so that a fifth wait ends the first: those who left behind
 * what they waited for hold nothing for long.
 */
export function createWaits(now: () => number): Waits {
  const waiting = new Set<Sleeper>()
  const enter = ({ name, id }: Wait): Sleeper => {
    const sleeper = createSleeper(name, id)
    const same = [...waiting].filter((each) => each.name === name)
    if (same.length >= mostForOne) same[0]?.end()
    if (waiting.size < mostWaits) waiting.add(sleeper)
    else sleeper.end()
    return sleeper
  }
  const wait = async (asked: Wait): Promise<Approval> => {
    const sleeper = enter(asked)
    try {
      for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
        const approval = await asked.look()
        const left = asked.until - now()
        if (left <= 0 || sleeper.isEnded() || stateAt(approval.progress, now()) !== 'pending') return approval
        await sleeper.sleep(Math.min(pause, left))
      }
    } finally {
      waiting.delete(sleeper)
    }
  }
  const wake = (id: string) => {
    for (const sleeper of waiting) if (sleeper.id === id) sleeper.wake()
  }
  return { wait, wake }
}

interface Sleeper {
  readonly name: string
  readonly id: string
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly wake: () => void
  readonly end: () => void
  readonly isEnded: () => boolean
}

function createSleeper(name: string, id: string): Sleeper {
  let ended = false
  let missed = false
  let rouse: (() => void) | undefined
  const wake = () => {
    missed = true
    rouse?.()
  }
  return {
    ...{ name, id },
    sleep: async (milliseconds) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      await new Promise<void>((resolve) => {
        rouse = resolve
        timer = setTimeout(resolve, milliseconds)
        // Woken between a look and this sleep: look again.
        if (missed) resolve()
      })
      clearTimeout(timer)
      rouse = undefined
      missed = false
    },
    wake,
    end: () => {
      ended = true
      wake()
    },
    isEnded: () => ended,
  }
}
