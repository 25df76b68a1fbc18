/** Streams that are open on this instance. */
export interface Slots {
  /** What gives the slot back, or null where none is left. A slot ends by itself at `until` (epoch milliseconds). */
  readonly take: (who: string, until: number) => (() => void) | null
}

const mostOfAll = 20
const mostOfOne = 3

/** The platform does not say when a reader leaves, so that no slot is held for longer than a stream may last. */
export function createSlots(now: () => number): Slots {
  const taken = new Set<{ readonly who: string; readonly until: number }>()
  return {
    take: (who, until) => {
      for (const slot of taken) if (slot.until <= now()) taken.delete(slot)
      const own = [...taken].filter((slot) => slot.who === who).length
      if (taken.size >= mostOfAll || own >= mostOfOne) return null
      const slot = { who, until }
      taken.add(slot)
      return () => taken.delete(slot)
    },
  }
}
