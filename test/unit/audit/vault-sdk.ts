// In place of the SDK's client: secrets with versions, the newest last, and the errors that the service answers with.
// Differs: nobody is asked who he is, and listings name versions in the order in which they were made.
import { randomBytes } from 'node:crypto'

export interface Version {
  readonly version: string
  readonly value: string
  readonly enabled: boolean
  readonly expiresOn?: Date
  readonly tags?: object
}

export const vault = { secrets: new Map<string, Version[]>(), isAway: false, isBroken: false, requests: 0, values: 0 }

export const sdk = {
  SecretClient: class {
    async getSecret(name: string, options: { version?: string }) {
      const versions = await answer(name)
      vault.values++
      const found = options.version ? versions.find(({ version }) => version === options.version) : versions.at(-1)
      if (!found) throw failure(404)
      if (!found.enabled) throw failure(403)
      const { version, expiresOn } = found
      return { value: found.value, properties: { version, ...(expiresOn ? { expiresOn } : {}) } }
    }
    async *listPropertiesOfSecretVersions(name: string) {
      for (const { version, expiresOn, tags } of await answer(name)) yield { version, expiresOn, tags }
    }
    async setSecret(name: string, value: string, { expiresOn, tags }: { expiresOn: Date; tags: object }) {
      if (vault.isAway) throw failure(503)
      return { properties: seed(name, { value, expiresOn, tags }) }
    }
    async updateSecretProperties(name: string, version: string, { expiresOn }: { expiresOn: Date }) {
      const versions = await answer(name)
      if (vault.isBroken) throw failure(503)
      vault.secrets.set(
        name,
        versions.map((one) => (one.version === version ? { ...one, expiresOn } : one)),
      )
    }
  },
}

async function answer(name: string): Promise<Version[]> {
  vault.requests++
  if (vault.isAway) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const versions = vault.secrets.get(name)
  if (!versions) throw failure(404)
  return versions
}

function failure(statusCode: number): Error {
  return Object.assign(new Error('refused'), { statusCode })
}

export function seed(name: string, more: Partial<Version> & { size?: number } = {}): Version {
  const { size = 32, ...settings } = more
  const version = randomBytes(16).toString('hex')
  const made = { version, value: randomBytes(size).toString('base64'), enabled: true, ...settings }
  vault.secrets.set(name, [...(vault.secrets.get(name) ?? []), made])
  return made
}

/** Key id of a version, as rows name it. */
export function kidOf(name: string, { version }: Pick<Version, 'version'>): string {
  return `${name}/${version.slice(0, 8)}`
}

export function resetVault(): void {
  vault.secrets.clear()
  Object.assign(vault, { isAway: false, isBroken: false, requests: 0, values: 0 })
}

/** Lets what goes on in the background come to its end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
