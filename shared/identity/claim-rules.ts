import type { JsonObject } from './json-object.ts'

/** A rule of a claim set: the reason to refuse it, or null. */
export type ClaimRule<Facts> = (claims: JsonObject, facts: Facts) => string | null

type Test = (value: unknown) => boolean

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A GUID as Entra writes it, in lower case: another spelling would be another identity key. */
export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && guidPattern.test(value)
}

/** A NumericDate in whole seconds, as number. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

/** The claim has to be there and to be of that type. */
export function demand(name: string, test: Test): ClaimRule<unknown> {
  return (claims) => {
    if (!Object.hasOwn(claims, name)) return `claim_missing_${name}`
    return test(claims[name]) ? null : `claim_invalid_${name}`
  }
}

/** The claim may be absent; present, it has to be of that type. */
export function allow(name: string, test: Test): ClaimRule<unknown> {
  return (claims) => (!Object.hasOwn(claims, name) || test(claims[name]) ? null : `claim_invalid_${name}`)
}

/** The first rule that refuses, in order. */
export function firstFault<Facts>(rules: readonly ClaimRule<Facts>[], claims: JsonObject, facts: Facts): string | null {
  for (const rule of rules) {
    const reason = rule(claims, facts)
    if (reason !== null) return reason
  }
  return null
}

/** The words of a space-separated set (`scp`, facets, relations): whole words, in no order. */
export function wordsOf(value: unknown): ReadonlySet<string> {
  return new Set(typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [])
}
