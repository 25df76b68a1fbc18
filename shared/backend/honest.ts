import type { Backend, Honesty } from './define.ts'

/** What a person should know of a backend before they rely on what it did as somebody. */
export interface Honest {
  readonly title: string
  readonly honesty: Honesty
  readonly notes: readonly string[]
}

/** What the declarations of these backends say of themselves; a name that is not configured is left out. */
export function honestyOf(
  names: readonly (string | undefined)[],
  configured: ReadonlyMap<string, Backend>,
): Readonly<Record<string, Honest>> {
  const known = [...new Set(names)].flatMap((name) => configured.get(name ?? '') ?? [])
  return Object.fromEntries(
    known.map(({ name, title, honesty = 'yes', notes = [] }) => [name, { title, honesty, notes }]),
  )
}
