import type { Backend, Operation } from './define.ts'

const backends = new Map<string, Backend>()

/** Enters a declaration; two of one name are a mistake that stops the start. */
export function enterBackend(backend: Backend): void {
  if (backends.has(backend.name)) throw new TypeError(`backend ${backend.name} is declared twice`)
  backends.set(backend.name, backend)
}

/** Every declared backend, by name. */
export function listBackends(): readonly Backend[] {
  return [...backends.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** One declared operation, or undefined; own members only, so that `constructor` is no operation. */
export function findOperation(backend: Backend, name: string): Operation | undefined {
  return Object.hasOwn(backend.operations, name) ? backend.operations[name] : undefined
}
