import { type KeyDesk, kidOf, makeKey } from './key-desk.ts'
import { monthlySecretName, retirementOf } from './key-months.ts'

export interface RotationOptions {
  readonly desk: KeyDesk
  /** Epoch milliseconds. */
  readonly now: number
  readonly random: (size: number) => Uint8Array
  /** Digest of why it is done: the same one goes on with a rotation that was cut short. */
  readonly ticket: string
}

/** A key that took another's place in the middle of a month. */
export interface Rotation {
  readonly to: string
  readonly from: readonly string[]
  /** ISO 8601 UTC: a row under an old key after this is a finding. */
  readonly retiredAt: string
}

/** Writers ask for a newer version every 5 minutes; clocks may be 5 minutes wrong. */
const overlapMs = 15 * 60_000
const tag = 'rotation'

/**
 * Emergency rotation: a new version of the current month's secret, which writers take up by themselves within five
 * minutes and announce by a `keychange` row; the versions before retire a quarter of an hour later. They are not disabled:
 * a verifier has to read them for as long as there are rows under them. Repeating it after a crash finishes it.
 */
export async function rotateKey({ desk, now, random, ticket }: RotationOptions): Promise<Rotation> {
  const name = monthlySecretName(now)
  const before = await desk.versions(name)
  const begun = before.find(({ tags }) => tags[tag] === ticket)
  const secret = { value: makeKey(random), retiresAt: retirementOf(name), tags: { [tag]: ticket } }
  const version = begun?.version ?? (await desk.add(name, secret))
  const others = before.filter((one) => one.version !== version)
  const retiring = others.filter(({ retiresAt }) => retiresAt === null || retiresAt > now + overlapMs)
  for (const old of retiring) await desk.retire(name, old.version, now + overlapMs)
  const ends = others.map(({ retiresAt }) => Math.min(retiresAt ?? Number.POSITIVE_INFINITY, now + overlapMs))
  return {
    to: kidOf(name, version),
    from: others.map((old) => kidOf(name, old.version)),
    retiredAt: new Date(Math.max(now, ...ends)).toISOString(),
  }
}
