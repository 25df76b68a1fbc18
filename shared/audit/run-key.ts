import { makeKey } from './key-desk.ts'
import { claimSecret, type KeyKeeperOptions } from './key-keeper.ts'
import type { KeySource } from './store.ts'
import type { VerifyKey } from './verify-row.ts'

/** Name of the secret under which the verifier keeps what it remembers; nobody who writes rows may read it. */
export const runSecret = 'audit-runs'

/** The verifier's own key, and any version of it by its id; null for one that does not exist. */
export interface RunKeys extends KeySource {
  readonly find: (kid: string) => Promise<VerifyKey | null>
}

// It is replaced by whoever adds a version. The vault's client cuts seconds to 32 bits, so that no later time is kept.
const retiresAt = Date.UTC(2038, 0, 1)

/**
 * Key for documents of the nightly runs and for what the reconciler remembers: the key of rows would not do, since its
 * holder could then write down what a verification of the rows found. Made at its first use, once.
 */
export function createRunKeys(options: KeyKeeperOptions & { readonly keys: RunKeys }): RunKeys {
  const { desk, random, keys } = options
  // Every document is read by one of very few keys.
  const known = new Map<string, VerifyKey>()
  let made: Promise<void> | null = null
  async function make(): Promise<void> {
    const versions = await desk.versions(runSecret)
    if (versions.length > 0 || !(await claimSecret(options, runSecret))) return
    await desk.add(runSecret, { value: makeKey(random), retiresAt })
  }
  return {
    async find(kid) {
      const held = known.get(kid) ?? (await keys.find(kid))
      if (held !== null) known.set(kid, held)
      return held
    },
    async current() {
      made ??= make()
      await made.catch((cause: unknown) => {
        made = null
        throw cause
      })
      return keys.current()
    },
  }
}
