import type { Json } from '../pipeline/ports.ts'
import type { Ruling } from './rulebook.ts'
import { makeTokens, maskScalars, showPart, type TokenKey } from './strategies.ts'

/** Turns a value of a label into its keyed token. */
export type Tokenizer = (label: string) => (value: string) => string

/** Keyed tokens for one answer, one key derivation a label. */
export function makeTokenizer(key: TokenKey): Tokenizer {
  const byLabel = new Map<string, (value: string) => string>()
  return (label) => {
    const tokens = byLabel.get(label) ?? makeTokens(key, label)
    byLabel.set(label, tokens)
    return tokens
  }
}

/** Applies a ruling to one value; `drop` leaves null here, the caller takes the member or column away. */
export function applyTreatment(value: Json, { label, treatment }: Ruling, tokens: Tokenizer): Json {
  if (treatment === 'clear') return value
  if (treatment === 'token') return maskScalars(value, tokens(label))
  if (treatment === 'partial') return maskScalars(value, showPart)
  return null
}
