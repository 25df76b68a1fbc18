import type { BackendConfiguration, PartitionRule } from './configuration.ts'
import type { Backend } from './define.ts'

/** Whom a rule asks about; `groups` is null where the token does not list them. */
export interface RuleSubject {
  readonly oid: string
  readonly tid: string
  readonly groups: readonly string[] | null
}

/** The partition keys that a rule allows somebody, none where nobody can say. */
export function keysAllowed(rule: PartitionRule, { oid, tid, groups }: RuleSubject): readonly string[] {
  if (rule === 'oid') return [oid]
  if (rule === 'tid') return [tid]
  const own = new Set((groups ?? []).map((group) => group.toLowerCase()))
  const keys = Object.entries(rule).filter(([group]) => own.has(group.toLowerCase()))
  return [...new Set(keys.map(([, key]) => key))].sort()
}

/** Throws where a deployment has rules for a backend without partitions, or for a container that it does not list. */
export function assertPartitions(backend: Backend, configuration: BackendConfiguration | undefined): void {
  const { partitions, containers = [] } = configuration ?? {}
  if (partitions === undefined) return
  const hasPartitions = Object.values(backend.operations).some(({ call }) => call.technology === 'cosmos')
  const place = `COUNTERSIGN_BACKENDS (at ${backend.name}.partitions)`
  if (!hasPartitions) throw new Error(`${place} is not a setting of this backend`)
  if (Object.keys(partitions).some((name) => !containers.includes(name)))
    throw new Error(`${place} names no listed container`)
}
