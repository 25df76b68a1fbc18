import type { ForeignParts } from './app-foreign.ts'
import type { Settings } from './config/settings.ts'
import type { Executor, UpstreamCall } from './pipeline/ports.ts'
import { retriable } from './pipeline/retriable.ts'

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
