/** Time as the audit needs it: `clock` in epoch milliseconds, `wait` resolves after so many milliseconds. */
export interface Pacing {
  readonly clock: () => number
  readonly wait: (milliseconds: number) => Promise<void>
  readonly random: (size: number) => Uint8Array
}

const firstDelay = 20
const maxDelay = 400

/** Bounds a retry loop: waits with jitter before attempt 1, 2, …; answers false once `deadline` (epoch ms) would pass. */
export function pauseUntil(deadline: number, pacing: Pacing): (attempt: number) => Promise<boolean> {
  return async (attempt) => {
    if (attempt === 0) return true
    const ceiling = Math.min(maxDelay, firstDelay * 2 ** attempt)
    const delay = ceiling / 2 + (ceiling / 2) * ((pacing.random(1)[0] ?? 0) / 255)
    if (pacing.clock() + delay >= deadline) return false
    await pacing.wait(delay)
    return pacing.clock() < deadline
  }
}

/** Resolves after so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
