/**
 * Ways to go round the line, none of which compiles. Checked by `tsc` with the rest: an error that is no longer one
 * makes its `@ts-expect-error` an error. Nothing here is ever run.
 */
import type { IntentReceipt, OutcomeReceipt } from '../../shared/audit/receipt.ts'
import { rest } from '../../shared/backend/define.ts'
import type { Assertion, ExchangedToken } from '../../shared/identity/principal.ts'
import type { Line } from '../../shared/pipeline/line.ts'
import type { UpstreamCall } from '../../shared/pipeline/ports.ts'
import type { Called, Cleared, Exchanged, MaskedCall, Permitted } from '../../shared/pipeline/stages.ts'

interface Material {
  readonly line: Line
  readonly cleared: Cleared
  readonly permitted: Permitted
  readonly called: Called
  readonly masked: MaskedCall
  readonly refusedIntent: IntentReceipt<false>
  readonly openIntent: IntentReceipt
  readonly assertion: Assertion
  readonly token: ExchangedToken
}

export function misuse(given: Material): unknown[] {
  const { line, cleared, permitted, called, masked, refusedIntent, openIntent, assertion, token } = given
  const position = { lane: 'lane', segment: 0, seq: 1, decisionId: 'id' }
  return [
    // @ts-expect-error a call without an intent
    line.exchange(cleared),
    // @ts-expect-error a call without a token
    line.call(permitted),
    // @ts-expect-error nothing flows without a token, nor where nobody asked whether it may
    line.flow({ ...permitted, token }),
    // @ts-expect-error an unmasked answer goes into no outcome
    line.recordOutcome(called),
    // @ts-expect-error nothing is answered without an outcome
    line.respond({ intent: permitted.intent, call: masked }),
    // @ts-expect-error an intent is no outcome
    line.respond({ intent: permitted.intent, outcome: permitted.intent, call: masked }),
    // @ts-expect-error the receipt of a refusal clears no call
    { ...cleared, intent: refusedIntent } satisfies Permitted,
    // @ts-expect-error a receipt that may be either clears no call
    { ...cleared, intent: openIntent } satisfies Permitted,
    // @ts-expect-error intent receipts are not made by hand
    { ...position, mac: '' } satisfies IntentReceipt<true>,
    // @ts-expect-error outcome receipts are not made by hand
    { ...position, intent: position } satisfies OutcomeReceipt,
    // @ts-expect-error a string is no backend's token
    'token' satisfies ExchangedToken,
    // @ts-expect-error the caller's token is no backend's token
    assertion satisfies ExchangedToken,
    // @ts-expect-error a backend's token is not what the exchange takes
    token satisfies Assertion,
    // @ts-expect-error nor in a call that has been exchanged
    { ...permitted, token: assertion } satisfies Exchanged,
    // @ts-expect-error an executor is not called with a refusal's receipt
    { intent: refusedIntent } satisfies Pick<UpstreamCall, 'intent'>,
    // @ts-expect-error the path has a parameter that no input is named for
    rest({ method: 'GET', path: '/orders/{order_id}', parameters: [] }),
    // @ts-expect-error one of two parameters is missing
    rest({ method: 'GET', path: '/{a}/x/{b}', parameters: ['a'] }),
  ]
}

/** The same shapes put to their right use: they have to compile, or the errors above would prove nothing. */
export function use({ line, permitted, masked, token, cleared }: Material): unknown[] {
  return [
    line.exchange(permitted),
    line.call({ ...permitted, token }),
    ...(line.isFlowing({ ...permitted, token }) ? [] : [line.call({ ...permitted, token })]),
    line.recordOutcome(masked),
    { ...cleared, intent: permitted.intent } satisfies Permitted,
    rest({ method: 'GET', path: '/orders/{order_id}', parameters: ['order_id'] }),
    rest({ method: 'GET', path: '/orders', parameters: [] }),
  ]
}
