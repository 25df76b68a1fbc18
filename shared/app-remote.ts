import type { BackendConfiguration } from './backend/configuration.ts'
import { readBackendChallenge } from './identity/backend-challenge.ts'
import type { Executor } from './pipeline/ports.ts'

/** The executor of upstream MCP servers, loaded at its first call; `of` throws where a backend is not configured. */
export function createMcpRemote(of: (backend: string) => BackendConfiguration): Executor {
  let opened: Promise<Executor> | undefined
  const open = async () => {
    const { createMcpExecutor } = await import('./upstream/mcp.ts')
    return createMcpExecutor({
      fetch,
      clock: Date.now,
      parseChallenge: readBackendChallenge,
      settingsFor: (name) => ({ baseUrl: of(name).baseUrl ?? '', tools: of(name).allow?.tools ?? [] }),
    })
  }
  return {
    call: async (call) => {
      opened ??= open()
      return (await opened).call(call)
    },
    close: async () => (await opened)?.close(),
  }
}
