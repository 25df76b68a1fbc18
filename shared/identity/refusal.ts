import type { ProblemCode } from '../errors/problem.ts'

/** Why a request or token is refused: `code` goes to the caller, `reason` to the log and the tests. */
export interface Refusal {
  readonly code: ProblemCode
  readonly reason: string
}

/** Either a value or the refusal. */
export type Reading<T> =
  | { readonly value: T; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal }

/** A token that another token could replace (401); the caller never learns which check failed. */
export function tokenInvalid(reason: string): { readonly refusal: Refusal } {
  return { refusal: { code: 'token_invalid', reason } }
}
