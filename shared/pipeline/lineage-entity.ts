import { createHmac } from 'node:crypto'
import type { Deployment } from './line.ts'
import type { Lineage, LineageSource } from './lineage-settings.ts'
import { objectNames } from './object-names.ts'
import type { Json } from './ports.ts'
import type { Permitted } from './stages.ts'

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
