import type { Dimension, Selector } from './index-keys.ts'
import type { RowDocument } from './record.ts'

type Values = readonly (string | number | boolean | undefined)[]

/** By what an intent or an event is found; objects in lower case, each selector once. */
export function dimensionsOf(row: RowDocument): readonly Selector[] {
  return row.intent === undefined ? dimensionsOfEvent(row) : dimensionsOfIntent(row, row.intent)
}

/** By what a decision is found besides, once its outcome is known: the classes of data that were returned. */
export function dimensionsOfOutcome({ outcome }: RowDocument): readonly Selector[] {
  return collect([
    ['class', (outcome?.labels ?? []).flatMap(withWider)],
    ['status', [outcome?.status]],
  ])
}

/** A label and the wider ones that it begins with: what is `pii.contact` is `pii` as well. */
function withWider(label: string): readonly string[] {
  const parts = label.split('.')
  return parts.map((_, at) => parts.slice(0, at + 1).join('.'))
}

/** The tenant that a row is of; what the platform says of itself is the home tenant's. */
export function tenantOf({ intent, detail }: RowDocument, homeTenant: string): string {
  const tid = intent?.principal.tid ?? detail?.tid
  return typeof tid === 'string' && tid !== '' ? tid : homeTenant
}

/** Objects are compared as their backends mostly do: without regard to case. */
export function normalize({ dimension, value }: Selector): Selector {
  return dimension === 'object' ? { dimension, value: value.toLowerCase() } : { dimension, value }
}

function dimensionsOfIntent({ kind, decisionId, traceId }: RowDocument, intent: NonNullable<RowDocument['intent']>) {
  const { principal, backend, operation, effect, reads, writes, verdict, rules, approval } = intent
  return collect([
    ['all', ['']],
    ['kind', [kind]],
    ['person', [principal.oid]],
    ['agent', [principal.azp]],
    ['object', [...reads, ...writes]],
    ['backend', [backend]],
    ['operation', [operation]],
    ['effect', [effect]],
    ['verdict', [verdict]],
    ['rule', rules],
    ['approval', [approval?.id]],
    ['trace', [traceId]],
    ['decision', [decisionId]],
  ])
}

function dimensionsOfEvent({ kind, detail = {}, decisionId }: RowDocument) {
  return collect([
    ['all', ['']],
    ['kind', [kind]],
    ['person', [detail.oid]],
    ['agent', [detail.azp]],
    ['approval', [kind === 'approval' ? detail.id : undefined]],
    ['decision', [decisionId ?? detail.decisionId]],
  ])
}

function collect(dimensions: readonly (readonly [Dimension, Values])[]): readonly Selector[] {
  const found = new Map<string, Selector>()
  for (const [dimension, values] of dimensions) {
    for (const value of values) {
      const isGiven = typeof value === 'string' && (value !== '' || dimension === 'all')
      if (isGiven) found.set(`${dimension} ${value}`, normalize({ dimension, value }))
    }
  }
  return [...new Map([...found.values()].map((one) => [`${one.dimension} ${one.value}`, one])).values()]
}
