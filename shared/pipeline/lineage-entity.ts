import { createHmac } from 'node:crypto'
import type { Backend } from '../backend/define.ts'
import type { Deployment } from './line.ts'
import type { Json } from './ports.ts'
import { objectNames } from './record.ts'
import type { Permitted } from './stages.ts'

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

interface LineageSource {
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
export function lineageOf(configured: Configured): Pick<Deployment, 'lineage'> {
  const found = Object.entries(configured).find(([, { lineage }]) => lineage !== undefined)
  return found?.[1].lineage === undefined ? {} : { lineage: { to: found[0], ...found[1].lineage } }
}

/** Whether a process is to be written for this call. */
export function hasLineage({ invocation }: Permitted, { of }: Lineage): boolean {
  const source = Object.hasOwn(of, invocation.backend.name) ? of[invocation.backend.name] : undefined
  return source !== undefined && (source.operations?.includes(invocation.operationName) ?? true)
}

/**
 * A process of the Atlas model (learn.microsoft.com/purview, "Process") that names person, agent and decision, with what
 * was read and written as its ends. Names that do not fit the template are left out: half a name is another object's.
 */
export function describeProcess(
  call: Permitted,
  { lineage, publicUrl, maskKey }: Pick<Deployment, 'publicUrl' | 'maskKey'> & { readonly lineage: Lineage },
): Readonly<Record<string, Json>> {
  const { decisionId, principal, invocation, understood } = call
  const { tid, oid, actor } = principal
  const label = `${invocation.backend.name}/${invocation.operationName}`
  const person = lineage.person === 'oid' ? `${tid}/${oid}` : pseudonym(maskKey.secret, `${tid}|${oid}`)
  const ends = (which: 'reads' | 'writes') =>
    describeEnds(objectNames(call, which), lineage.of[invocation.backend.name])
  const said = { decision: decisionId, person, agent: actor, effect: understood.effect }
  const attributes = {
    qualifiedName: `countersign://${new URL(publicUrl).host}/decisions/${decisionId}`,
    name: `Countersign ${label}`,
    description: Object.entries(said)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    inputs: ends('reads'),
    outputs: ends('writes'),
  }
  const { collectionId } = lineage
  const entities = [{ typeName: 'Process', attributes }]
  return collectionId === undefined ? { entities } : { collectionId, entities }
}

function describeEnds(names: readonly string[], source: LineageSource | undefined): Json {
  if (source === undefined) return []
  return names.slice(0, 100).flatMap((name) => {
    const qualifiedName = fill(source.qualifiedName, name.split('.'))
    return qualifiedName === null ? [] : [{ typeName: source.typeName, uniqueAttributes: { qualifiedName } }]
  })
}

/** Null where the name has other parts than the template asks for, or is none that rows show. */
function fill(template: string, parts: readonly string[]): string | null {
  const wanted = 1 + Math.max(...[...template.matchAll(/\{(\d)\}/g)].map(([, at]) => Number(at)))
  if (parts.length !== wanted || parts[0] === '(quoted)') return null
  return template.replace(/\{(\d)\}/g, (_whole, at: string) => parts[Number(at)] ?? '')
}

/** The same for one person as long as the key is; nobody without the key can tell whose it is. */
function pseudonym(secret: Uint8Array, who: string): string {
  return `p-${createHmac('sha256', secret).update(`lineage|${who}`).digest('hex').slice(0, 32)}`
}
