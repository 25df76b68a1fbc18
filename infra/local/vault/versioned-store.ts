/**
 * Named objects with versions and soft delete, as Key Vault keeps secrets and keys. Differs in that deletion, recovery
 * and purging take effect at once, and nothing is purged by time.
 */
import { randomBytes } from 'node:crypto'

/** Epoch seconds, as on the wire. */
interface Attributes {
  readonly enabled: boolean
  readonly created: number
  readonly updated: number
  readonly exp?: number
  readonly nbf?: number
}

export interface Version<T> {
  readonly name: string
  readonly version: string
  readonly content: T
  readonly attributes: Attributes
  readonly tags: Readonly<Record<string, string>>
}

/** What a client may set on a version. */
export interface Settings {
  readonly enabled?: boolean
  readonly exp?: number
  readonly nbf?: number
  readonly tags?: Readonly<Record<string, string>>
}

interface Entry<T> {
  readonly versions: Version<T>[]
  deletedAt?: number
}

/** JSON-serialisable where the content is. */
export type StoreState<T> = Readonly<Record<string, Entry<T>>>

function withSettings(attributes: Attributes, settings: Settings, updated: number): Attributes {
  const { tags: _elsewhere, ...rest } = settings
  return { ...attributes, ...rest, updated }
}

export interface VersionedStore<T> {
  /** A new version, the current one from now on; null where the name is soft-deleted. */
  add(name: string, content: T, settings: Settings): Version<T> | null
  /** That version, or the current one for ''. */
  get(name: string, version: string): Version<T> | undefined
  update(at: Version<T>, settings: Settings, content: T): Version<T>
  versions(name: string): readonly Version<T>[]
  /** Current versions, of live or of soft-deleted objects. */
  current(deleted: boolean): readonly Version<T>[]
  /** Epoch seconds; undefined where there is no such soft-deleted object. */
  deletedAt(name: string): number | undefined
  remove(name: string): void
  recover(name: string): void
  purge(name: string): void
  state(): StoreState<T>
}

/** A store with the clock `now` (epoch seconds), empty or as an earlier `state()` left it. */
export function makeStore<T>(now: () => number, state: StoreState<T> = {}): VersionedStore<T> {
  const entries = new Map<string, Entry<T>>(Object.entries(structuredClone(state)))
  const live = (name: string) => {
    const entry = entries.get(name)
    return entry && entry.deletedAt === undefined ? entry : undefined
  }
  return {
    add(name, content, settings) {
      const entry = entries.get(name) ?? { versions: [] }
      if (entry.deletedAt !== undefined) return null
      const attributes = withSettings({ enabled: true, created: now(), updated: now() }, settings, now())
      const version = randomBytes(16).toString('hex')
      const added: Version<T> = { name, version, content, attributes, tags: settings.tags ?? {} }
      entry.versions.push(added)
      entries.set(name, entry)
      return added
    },
    get(name, version) {
      const versions = live(name)?.versions ?? []
      return version === '' ? versions.at(-1) : versions.find((one) => one.version === version)
    },
    update(at, settings, content) {
      const attributes = withSettings(at.attributes, settings, now())
      const changed: Version<T> = { ...at, content, attributes, tags: settings.tags ?? at.tags }
      const versions = entries.get(at.name)?.versions ?? []
      versions.splice(versions.indexOf(at), 1, changed)
      return changed
    },
    versions: (name) => live(name)?.versions ?? [],
    current(deleted) {
      const chosen = [...entries.values()].filter((one) => (one.deletedAt !== undefined) === deleted)
      return chosen.flatMap((one) => one.versions.slice(-1))
    },
    deletedAt: (name) => entries.get(name)?.deletedAt,
    remove(name) {
      const entry = live(name)
      if (entry) entry.deletedAt = now()
    },
    recover(name) {
      const entry = entries.get(name)
      if (entry) delete entry.deletedAt
    },
    purge: (name) => void entries.delete(name),
    state: () => structuredClone(Object.fromEntries(entries)),
  }
}
