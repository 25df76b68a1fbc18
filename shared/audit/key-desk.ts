/** A version of a secret, without its value. */
export interface SecretVersion {
  readonly version: string
  /** Epoch milliseconds; null where it never retires. */
  readonly retiresAt: number | null
  readonly tags: Readonly<Record<string, string>>
}

/** What is given with a new version. */
export interface NewSecret {
  /** Base64. */
  readonly value: string
  /** Epoch milliseconds. */
  readonly retiresAt: number
  readonly tags?: Readonly<Record<string, string>>
}

/**
 * The vault as whoever makes keys needs it: it sets and lists, and reads no value. Everything rejects with
 * `audit_unavailable` where the vault cannot answer.
 */
export interface KeyDesk {
  /** Empty where there is no such secret. */
  readonly versions: (name: string) => Promise<readonly SecretVersion[]>
  /** Adds a version, which is the current one from now on; gives its id. */
  readonly add: (name: string, secret: NewSecret) => Promise<string>
  /** Sets when a version retires. */
  readonly retire: (name: string, version: string, at: number) => Promise<void>
}

/** Key id of a secret's version, as rows carry it. */
export function kidOf(name: string, version: string): string {
  return `${name}/${version.slice(0, 8)}`
}

/** A new key: 32 random bytes, base64. */
export function makeKey(random: (size: number) => Uint8Array): string {
  return Buffer.from(random(32)).toString('base64')
}
