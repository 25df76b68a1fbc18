import type { Vault, VaultState } from '../vault/vault.ts'
import type { KeptState } from './kept-state.ts'
import { makeSecret, secretNames } from './vault-secrets.ts'

const vaultEveryMs = 1000

/** Keys made while the stack runs must outlive a kill too: rows under a lost key could never be checked again. */
export function keepUpToDate(kept: KeptState | null, read: () => KeptVault): () => void {
  let written = ''
  const write = (): void => {
    const text = JSON.stringify(read())
    if (text !== written) kept?.write('vault', JSON.parse(text))
    written = text
  }
  write()
  const timer = kept === null ? undefined : setInterval(write, vaultEveryMs).unref()
  return () => {
    clearInterval(timer)
    write()
  }
}

export interface KeptVault {
  readonly state: VaultState
  readonly seeded: readonly string[]
}

/** Adds the secrets that are not there yet; a second version of one would orphan the rows under the first. */
export function seedSecrets(vault: Vault, before: readonly string[]): readonly string[] {
  const missing = secretNames(new Date()).filter((name) => !before.includes(name))
  for (const name of missing) vault.seed(name, makeSecret())
  return [...before, ...missing]
}
