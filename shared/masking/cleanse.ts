import type { Json } from '../pipeline/ports.ts'
import { neutralise } from './hygiene.ts'
import { unknownLabel } from './labels.ts'
import { recogniseText } from './recognise-text.ts'
import type { Report } from './report.ts'
import type { Rulebook } from './rulebook.ts'
import { cleanText, isSignedLink, removed } from './secrets.ts'

/** Cleans what is left of an answer after its labels: every string of it, names of members and columns too. */
export interface Cleanser {
  /** `free` text is searched for identifiers too. Paths are those of the report. */
  readonly value: (value: Json, at: { readonly path: string; readonly free: boolean }) => Json
  readonly name: (name: string) => string
}

/** Most characters of one answer in which identifiers are looked for; free text beyond is taken out. */
const mostFreeText = 262_144

/** Makes the cleanser of one answer. */
export function makeCleanser({ report, rulebook }: { readonly report: Report; readonly rulebook: Rulebook }): Cleanser {
  let left = mostFreeText
  const neutral = (text: string) => {
    const { text: clean, count } = neutralise(text)
    if (count > 0) report.neutralised(count)
    return clean
  }
  const take = (path: string, label: string) => report.masked(path, { label, treatment: 'drop' })
  const secretless = (text: string, path: string) => {
    const cleaned = cleanText(text)
    for (const label of cleaned?.labels ?? []) take(path, label)
    return cleaned?.text ?? text
  }
  const searched = (text: string, path: string) => {
    left -= text.length
    if (left < 0) {
      take(path, unknownLabel)
      return removed
    }
    const found = recogniseText(text, (label) => rulebook.rule(label).treatment !== 'clear')
    for (const label of found?.labels ?? []) take(path, label)
    return found?.text ?? text
  }
  const string = (given: string, { path, free }: { path: string; free: boolean }) => {
    const harmless = neutral(given)
    const text = secretless(harmless, path)
    const clean = free && text !== '' ? searched(text, path) : text
    // What stands for something that was taken out ends in a bracket, which must not become a link's.
    return clean === harmless ? clean : neutral(clean)
  }
  return { value: (value, at) => walk(value, (text) => string(text, at), neutral), name: neutral }
}

/** A member that was nothing but a signed link is left out. */
function walk(value: Json, string: (text: string) => string, name: (text: string) => string): Json {
  if (typeof value === 'string') return string(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: Json) => walk(item, string, name))
  const members: [string, Json][] = []
  for (const [key, item] of Object.entries(value)) {
    const clean = walk(item, string, name)
    if (clean === removed && typeof item === 'string' && isSignedLink(item)) continue
    members.push([name(key), clean])
  }
  return fromMembers(members)
}

/** An object of these members; where cleaning made two names the same, both values stay. */
export function fromMembers(members: readonly (readonly [string, Json])[]): Json {
  const names = new Set<string>()
  return Object.fromEntries(
    members.map(([name, value]) => {
      let free = name
      for (let turn = 2; names.has(free); turn++) free = `${name} (${turn})`
      names.add(free)
      return [free, value]
    }),
  )
}
