import { readMachines } from './backend/command-list.ts'
import type { BackendConfiguration } from './backend/configuration.ts'
import type { Executor } from './pipeline/ports.ts'
import { retriable } from './pipeline/retriable.ts'

/** The executor of commands on machines, loaded at its first call; `of` throws where a backend is not configured. */
export function createSshRemote(of: (backend: string) => BackendConfiguration): Executor {
  const load = retriable(async () => {
    const { createSshExecutor } = await import('./upstream/ssh.ts')
    return createSshExecutor({
      machineFor: (backend, name) => readMachines(of(backend).allow?.hosts ?? []).get(name) ?? null,
      clock: Date.now,
    })
  })
  return { call: async (call) => (await load()).call(call), close: async () => undefined }
}
