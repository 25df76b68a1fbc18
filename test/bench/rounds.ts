/** What some calls took; seconds, CPU of this process in all its threads. */
export interface Spent {
  readonly calls: number
  readonly cpu: number
  readonly wall: number
}

/** Runs work that is worth so many calls, and says what it took. Garbage of before is collected first where it can be. */
export async function spend(calls: number, work: () => unknown): Promise<Spent> {
  globalThis.gc?.()
  const before = process.cpuUsage()
  const begin = performance.now()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { calls, cpu: (user + system) / 1e6, wall: (performance.now() - begin) / 1e3 }
}

/** `total` calls, `width` at a time. */
export async function runConcurrently(
  { total, width }: { readonly total: number; readonly width: number },
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < total) await call(next++)
  }
  await Promise.all(Array.from({ length: Math.min(total, width) }, lane))
}

/** One after the other, in turns, so that a machine that slows down slows both; who begins changes with each round. */
export async function takeTurns<Ours, Peer>(
  rounds: number,
  contenders: { readonly ours: () => Promise<Ours>; readonly peer: () => Promise<Peer> },
): Promise<readonly { readonly ours: Ours; readonly peer: Peer }[]> {
  const taken: { ours: Ours; peer: Peer }[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const ours = await contenders.ours()
      taken.push({ ours, peer: await contenders.peer() })
    } else {
      const peer = await contenders.peer()
      taken.push({ ours: await contenders.ours(), peer })
    }
  }
  return taken
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which that share of the values lies, by nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const found = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]
  if (found === undefined) throw new Error('nothing was measured')
  return found
}

/** Median calls per second of CPU. */
export function callsPerCore(spent: readonly Spent[]): number {
  return median(spent.map(({ calls, cpu }) => calls / cpu))
}

/** Median calls per second on the clock. */
export function callsPerSecond(spent: readonly Spent[]): number {
  return median(spent.map(({ calls, wall }) => calls / wall))
}

/** Median CPU time of one call in microseconds. */
export function microseconds(spent: readonly Spent[]): number {
  return 1e6 / callsPerCore(spent)
}
