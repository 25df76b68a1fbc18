import type { Json } from '../pipeline/ports.ts'
import { bucketOf } from './buckets.ts'
import type { Ruling } from './rulebook.ts'
import { makeTokens, maskScalars, showPart, type TokenKey } from './strategies.ts'

/** Turns a value of a label into its keyed token, for one purpose where it is named. */
export type Tokenizer = (label: string, purpose?: string) => (value: string) => string

/** Keyed tokens for one answer, one key derivation a label and purpose. */
export function makeTokenizer(key: TokenKey): Tokenizer {
  const known = new Map<string, (value: string) => string>()
  return (label, purpose) => {
    const name = `${label}:${purpose ?? ''}`
    const tokens = known.get(name) ?? makeTokens(key, label, purpose)
    known.set(name, tokens)
    return tokens
  }
}

/** Applies a ruling to one value; `drop` leaves null here, the caller takes the member or column away. */
export function applyTreatment(value: Json, { label, treatment, rule }: Ruling, tokens: Tokenizer): Json {
  if (treatment === 'clear') return value
  if (treatment === 'token') return maskScalars(value, tokens(label, rule?.purpose))
  if (treatment === 'partial') return maskScalars(value, (text) => showPart(text, rule?.keep))
  return treatment === 'bucket' && rule !== undefined ? bucketOf(value, rule) : null
}
