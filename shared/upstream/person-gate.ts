/** Lets so many calls of one key through at a time; the others wait their turn, first come first served. */
export interface PersonGate {
  /** Resolves with the function to call when done; rejects with the signal's reason where it aborts first. */
  readonly enter: (key: string, signal: AbortSignal) => Promise<() => void>
}

interface Turn {
  readonly go: () => void
}

interface Door {
  inside: number
  readonly waiting: Turn[]
}

/**
 * A gate by key. One person's burst must neither use up the login limit that a backend sets for that person, nor the
 * connections that other people need.
 */
export function createPersonGate(limit: number): PersonGate {
  const doors = new Map<string, Door>()

  function leave(key: string, door: Door): void {
    const next = door.waiting.shift()
    if (next === undefined) door.inside -= 1
    else next.go()
    if (door.inside === 0) doors.delete(key)
  }

  return {
    enter: async (key, signal) => {
      signal.throwIfAborted()
      const door = doors.get(key) ?? { inside: 0, waiting: [] }
      doors.set(key, door)
      if (door.inside < limit) door.inside += 1
      else await takeTurn(door, signal)
      let left = false
      return () => {
        if (!left) leave(key, door)
        left = true
      }
    },
  }
}

/** Who leaves hands the place over, so the number inside stays as it is; who gives up leaves the queue. */
function takeTurn(door: Door, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const turn: Turn = {
      go: () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      },
    }
    const giveUp = () => {
      door.waiting.splice(door.waiting.indexOf(turn), 1)
      reject(signal.reason)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    door.waiting.push(turn)
  })
}
