/** Hands pieces from who makes them to who takes them, one at a time: a slow taker holds the maker up, and nothing piles up. */
export interface Handover<Piece> {
  /** True once the piece was asked for; false where the taker has left, or the signal came first. */
  readonly put: (piece: Piece) => Promise<boolean>
  /** Nothing more comes but these last pieces, which nobody waits for. */
  readonly finish: (last: readonly Piece[]) => void
  /** Breaks off: what the taker gets in the place of the next piece. */
  readonly fail: (error: unknown) => void
  readonly taken: AsyncIterable<Piece>
}

/** Starts a handover that waits for the taker until `signal`; `onLeave` hears of a taker who goes before the end. */
export function createHandover<Piece>(signal: AbortSignal, onLeave: () => void): Handover<Piece> {
  let over = false
  let wanted = makeGate()
  let sink: ReadableStreamDefaultController<Piece> | undefined
  const source = new ReadableStream<Piece>(
    {
      start: (controller) => {
        sink = controller
      },
      pull: () => wanted.open(),
      cancel: () => {
        over = true
        wanted.open()
        onLeave()
      },
    },
    { highWaterMark: 0 },
  )
  signal.addEventListener('abort', () => wanted.open(), { once: true })
  return {
    put: async (piece) => {
      await wanted.opened
      if (over || signal.aborted) return false
      wanted = makeGate()
      sink?.enqueue(piece)
      return true
    },
    finish: (last) => {
      if (over) return
      over = true
      for (const piece of last) sink?.enqueue(piece)
      sink?.close()
    },
    fail: (error) => {
      if (!over) sink?.error(error)
      over = true
    },
    taken: source.values(),
  }
}

function makeGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
