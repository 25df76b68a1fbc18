import type { Effect } from '../backend/effect.ts'
import type { HandleKind } from '../backend/operation-handle.ts'
import { bindingOf, openHandle, sealHandle } from '../backend/operation-handle.ts'
import type { RestCall } from '../backend/rest-call.ts'
import type { UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import type { ReadAnswer } from './rest-answer.ts'
import type { Inputs } from './rest-fill.ts'
import type { RestRequest } from './rest-request.ts'

/** A successful answer with what its headers say. */
export interface Answered extends ReadAnswer {
  readonly status: number
  readonly headers: Headers
  readonly backendIds: Readonly<Record<string, string>>
}

/** One call at its backend, as the person. */
export interface Visit {
  readonly call: UpstreamCall
  readonly template: RestCall
  readonly base: URL
  /** With the deployment's values. */
  readonly inputs: Inputs
  /** One request with the person's token; throws Problem. What may have been changed when it fails depends on `effect`. */
  readonly ask: (request: RestRequest, effect: Effect) => Promise<Answered>
  /** Rejects where the call's time is up first. */
  readonly pause: (ms: number) => Promise<void>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** When work that goes on is left to a handle; epoch milliseconds. */
  readonly until: number
  /** Secret under which handles are sealed; null where nothing has to be. */
  readonly key: Uint8Array | null
}

/** Seals a text for this call's person, agent, operation and inputs. */
export function seal({ call, key, now }: Visit, kind: HandleKind, text: string): string {
  return sealHandle(keyOf(key), text, { bound: bindingOf(kind, call.principal, call.invocation), now: now() })
}

/** What was sealed for exactly this call, or null. */
export function unseal({ call, key, now }: Visit, kind: HandleKind, handle: string): string | null {
  return openHandle(keyOf(key), handle, { bound: bindingOf(kind, call.principal, call.invocation), now: now() })
}

function keyOf(key: Uint8Array | null): Uint8Array {
  if (key === null) throw failWith({ code: 'internal', fate: 'not_called', why: 'handle_key' })
  return key
}
