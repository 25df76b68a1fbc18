import type { Backend } from '../backend/define.ts'
import type { Invocation } from './ports.ts'

/** The operation that processes of lineage are written by; the backend that has it is Purview. */
export const lineageOperation = 'upsertEntities'

/** After which calls a process is written, and what it says; as in COUNTERSIGN_BACKENDS. */
export interface Lineage {
  /** The backend that it is written to. */
  readonly to: string
  readonly person: 'pseudonym' | 'oid'
  readonly collectionId?: string | undefined
  readonly of: Readonly<Record<string, LineageSource>>
}

export interface LineageSource {
  /** Absent: all. */
  readonly operations?: readonly string[] | undefined
  readonly typeName: string
  readonly qualifiedName: string
}

type Configured = Readonly<Record<string, { readonly lineage?: Omit<Lineage, 'to'> | undefined }>>

/** Throws Error where a backend that has no lineage is told to have it, or calls are named that there are none of. */
export function assertLineage(
  { name, operations }: Backend,
  { lineage }: Configured[string],
  configured: Configured,
): void {
  if (lineage === undefined) return
  const unknown = Object.keys(lineage.of).find((of) => configured[of] === undefined || of === name)
  if (operations[lineageOperation] !== undefined && unknown === undefined) return
  throw new Error(
    `COUNTERSIGN_BACKENDS (at ${name}.lineage${unknown === undefined ? '' : `.of.${unknown}`}) is refused`,
  )
}

/** The lineage of a deployment, where one is configured. */
export function lineageOf(configured: Configured): { readonly lineage?: Lineage } {
  const found = Object.entries(configured).find(([, { lineage }]) => lineage !== undefined)
  return found?.[1].lineage === undefined ? {} : { lineage: { to: found[0], ...found[1].lineage } }
}

/** Whether a process is to be written for this call. */
export function hasLineage({ invocation }: { readonly invocation: Invocation }, { of }: Lineage): boolean {
  const source = Object.hasOwn(of, invocation.backend.name) ? of[invocation.backend.name] : undefined
  return source !== undefined && (source.operations?.includes(invocation.operationName) ?? true)
}
