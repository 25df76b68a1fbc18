/** Calls left in a window: `retryAfter` in seconds where there are none. */
export type Reservation = { readonly granted: true } | { readonly granted: false; readonly retryAfter: number }

export interface CallRate {
  /** Takes one call. */
  readonly reserve: (key: string) => Reservation
  /** Whether there is one left, without taking it. */
  readonly check: (key: string) => Reservation
}

const windowMs = 60_000
const mostKeys = 50_000

interface Window {
  start: number
  calls: number
}

/**
 * Calls per minute and key on this instance, in fixed windows; bounded in memory: when full, the oldest windows go.
 * A brake against floods, not a shared quota: n instances admit up to n times as much.
 */
export function createCallRate(options: { readonly perMinute: number; readonly now: () => number }): CallRate {
  const windows = new Map<string, Window>()
  const left = (window: Window): Reservation => {
    if (window.calls < options.perMinute) return { granted: true }
    return { granted: false, retryAfter: Math.max(1, Math.ceil((window.start + windowMs - options.now()) / 1000)) }
  }
  return {
    check: (key) => left(openWindow(windows, key, options.now())),
    reserve: (key) => {
      const window = openWindow(windows, key, options.now())
      const reservation = left(window)
      if (reservation.granted) window.calls += 1
      return reservation
    },
  }
}

function openWindow(windows: Map<string, Window>, key: string, now: number): Window {
  const held = windows.get(key)
  if (held !== undefined && now - held.start < windowMs) return held
  windows.delete(key)
  if (windows.size >= mostKeys) dropOldest(windows)
  const opened = { start: now, calls: 0 }
  windows.set(key, opened)
  return opened
}

/** Insertion order is the order of opening, so the first key is the oldest window. */
function dropOldest(windows: Map<string, Window>): void {
  const oldest = windows.keys().next().value
  if (oldest !== undefined) windows.delete(oldest)
}
