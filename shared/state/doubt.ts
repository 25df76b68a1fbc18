const mostAttempts = 3
const pauseMs = 100

/** The HTTP status of what a storage library threw; undefined where nobody answered. */
export function statusOf(cause: unknown): number | undefined {
  return (cause as { statusCode?: number }).statusCode
}

/**
 * Makes a request again whose fate is in doubt (nobody answered, throttled, or failed over there), a few times, while the
 * first attempt could still have had its time (`until`, epoch milliseconds); what was refused is refused. `attempt` is
 * told whether it is a repeat, so that it can tell its own earlier change from somebody else's.
 */
export async function repeatInDoubt<T>(attempt: (isRepeat: boolean) => Promise<T>, clock: DoubtClock): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(count > 1)
    } catch (cause) {
      if (count === mostAttempts || !isInDoubt(cause) || (count > 1 && clock.now() > clock.until)) throw cause
    }
    await clock.wait(count * pauseMs)
  }
}

export interface DoubtClock {
  readonly now: () => number
  readonly until: number
  readonly wait: (ms: number) => Promise<void>
}

function isInDoubt(cause: unknown): boolean {
  const status = statusOf(cause) ?? 0
  return status < 400 || status === 408 || status === 429 || status >= 500
}
