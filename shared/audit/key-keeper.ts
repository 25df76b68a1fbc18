import { type KeyDesk, kidOf, makeKey } from './key-desk.ts'
import { type MonthSecret, monthEndOf, monthlySecretName, secretsDue } from './key-months.ts'
import type { RowStore } from './store.ts'

export interface KeyKeeperOptions {
  readonly desk: KeyDesk
  /** Its table `runs` decides who makes a month's secret. */
  readonly rows: RowStore
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly random: (size: number) => Uint8Array
}

/** What was made, and which of these should have been there long ago: the current month's, which is an alarm. */
export interface KeyKeeping {
  readonly made: readonly string[]
  readonly late: readonly string[]
  /** Whole days until the end of the last month up to which none is missing. */
  readonly daysAhead: number
}

const partition = 'key-month'
const staleMs = 600_000
const dayMs = 86_400_000

/**
 * Makes the monthly secrets that are missing, 13 months ahead, and sets the retirement of those that have none. Any
 * number of instances may run it: a month's secret is made by whoever entered its row first, so that there is never a
 * second version of it by accident.
 */
export async function keepMonths(options: KeyKeeperOptions): Promise<KeyKeeping> {
  const now = options.clock()
  const months = secretsDue(now)
  const made: string[] = []
  let there = 0
  for (const [at, month] of months.entries()) {
    const kept = await keepMonth(options, month)
    if (typeof kept === 'string') made.push(kept)
    if (kept !== null && at === there) there++
  }
  const current = monthlySecretName(options.clock())
  const last = months[there - 1]
  const daysAhead = last === undefined ? 0 : Math.floor((monthEndOf(last.name) - now) / dayMs)
  return { made, late: made.filter((kid) => kid.startsWith(`${current}/`)), daysAhead }
}

/** Key id of the secret that was made; true where it was there, null where it is being made by somebody else. */
async function keepMonth(options: KeyKeeperOptions, { name, retiresAt }: MonthSecret): Promise<string | true | null> {
  const { desk, random } = options
  const versions = await desk.versions(name)
  for (const one of versions) if (one.retiresAt === null) await desk.retire(name, one.version, retiresAt)
  if (versions.length > 0) return true
  if (!(await claimSecret(options, name))) return null
  return kidOf(name, await desk.add(name, { value: makeKey(random), retiresAt }))
}

/** Insert-only; a claim that led to no secret within ten minutes, or that is of the future, is taken over. */
export async function claimSecret(
  { rows, clock }: Pick<KeyKeeperOptions, 'rows' | 'clock'>,
  name: string,
): Promise<boolean> {
  const entity = { partitionKey: partition, rowKey: name, properties: { at: clock() } }
  const claim = await rows.commit('runs', [{ kind: 'insert', entity }])
  if (claim.ok) return true
  const held = await rows.read('runs', partition, name)
  if (held === null || Math.abs(clock() - Number(held.properties.at)) < staleMs) return false
  return (await rows.commit('runs', [{ kind: 'replace', entity, etag: held.etag }])).ok
}
