import { createHash } from 'node:crypto'
import { type Effect, effects } from '../backend/effect.ts'
import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'

export type Members = Readonly<Record<string, Json>>

/** A tool that somebody has read: what it does, and the digest of the definition that was read. */
export interface ToolPin {
  readonly effect: Effect
  readonly digest: string
}

const form = /^(\w+):([0-9a-f]{64}):(.{1,300})$/

/**
 * Digest of everything that a server says of a tool but `_meta`, which is the protocol's: SHA-256 over JSON with sorted
 * names, as hex. Whoever changes a word of the description changes it.
 */
export function digestTool({ _meta, ...definition }: Members): string {
  return createHash('sha256')
    .update(JSON.stringify(sort(definition)))
    .digest('hex')
}

/** Pins from the deployment's list: `effect:digest:tool`, or `effect:digest:server#tool` where there are more servers. */
export function readPins(list: readonly string[]): ReadonlyMap<string, ToolPin> {
  return new Map(list.map((text) => readPin(text)))
}

function readPin(text: string): readonly [string, ToolPin] {
  const [, word, digest = '', name = ''] = form.exec(text) ?? []
  const effect = effects.find((one) => one === word)
  if (effect === undefined)
    throw failWith({ code: 'backend_not_configured', fate: 'not_called', why: 'tool_pin', detail: pinDetail })
  return [name, { effect, digest }]
}

const pinDetail = 'A tool of this backend is not pinned as effect:digest:tool in the configuration.'

function sort(value: Json): Json {
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(sort)
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sort((value as Members)[name] ?? null)]))
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value)
}
