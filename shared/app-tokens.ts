import type { TokenCredential } from '@azure/identity'
import type { BackendConfiguration } from './backend/configuration.ts'
import type { TokenServiceName } from './backend/define.ts'
import type { Settings } from './config/settings.ts'
import type { Executor, UpstreamCall } from './pipeline/ports.ts'
import { retriable } from './pipeline/retriable.ts'

/** What executors of systems beyond Azure are made of. */
export interface ForeignParts {
  readonly of: (backend: string) => BackendConfiguration
  /** A REST executor over a `fetch`; services that sign or prepare requests have their own. */
  readonly rest: (fetch: typeof globalThis.fetch) => Executor
  readonly handleKey: () => Promise<Uint8Array>
  /** Longest time of one call, in milliseconds. */
  readonly deadlineMs: number
  readonly credential: TokenCredential
}

/** Executors by the token service that calls go through; `none`: the exchanged token itself is taken. */
export type ForeignExecutors = Readonly<Record<TokenServiceName | 'none', Executor>>

/**
 * The executors of the technologies that systems beyond Azure use. REST goes through the backend's token service where
 * it has one; what that takes is loaded at the first such call.
 */
export function createForeignExecutors(
  settings: Settings,
  parts: ForeignParts,
): { readonly rest: Executor; readonly warehouse: Executor } {
  const own = parts.rest(fetch)
  const load = retriable(async () => (await import('./app-foreign.ts')).buildForeign(settings, parts))
  const nothing = async () => undefined
  const serviceOf = ({ invocation }: UpstreamCall) => invocation.backend.tokenService ?? 'none'
  return {
    rest: {
      call: async (call) => {
        const service = serviceOf(call)
        return service === 'none' ? own.call(call) : (await load()).rest[service].call(call)
      },
      close: own.close,
    },
    warehouse: { call: async (call) => (await load()).warehouse[serviceOf(call)].call(call), close: nothing },
  }
}
