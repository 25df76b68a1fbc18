import type { MaskStrategy } from '../policy/decision.ts'

/** What happens to a value: a strategy, shown in totals over many rows only, or it stays as it is. */
export type Treatment = MaskStrategy | 'aggregate' | 'clear'

/** What a label gets where no permit shows it in clear, and how its strategies are set. */
export interface LabelRule {
  readonly strategy: Treatment
  /** `partial`: most characters that stay at the end, 1 to 4. */
  readonly keep?: number | undefined
  /** `bucket`: width of a range of numbers. Absent: numbers become null. */
  readonly width?: number | undefined
  /** `bucket`: what stays of a date. */
  readonly dates?: 'year' | 'month' | undefined
  /** `aggregate`: fewest rows that a total stands for. */
  readonly k?: number | undefined
  /** `token`: only tokens of the same purpose can be joined. */
  readonly purpose?: string | undefined
}

/** Rules by label; a label inherits from the nearest one above it (dots). */
export type LabelTree = Readonly<Record<string, LabelRule>>

/** Label of a member or column that a classified source has but nobody classified. */
export const unclassifiedLabel = 'unclassified'

/** Label of what nobody has looked at. */
export const unknownLabel = 'unknown'

/** Text that people wrote: it stays, but for what recognisers find in it. */
export const freeTextLabel = 'text.free'

/** What holds where a deployment's classification file says nothing else. */
export const builtInLabels: LabelTree = {
  none: { strategy: 'clear' },
  [freeTextLabel]: { strategy: 'clear' },
  pii: { strategy: 'token' },
  'pii.name': { strategy: 'token' },
  'pii.contact': { strategy: 'partial' },
  'pii.national_id': { strategy: 'drop' },
  'pii.payment': { strategy: 'partial' },
  'pii.compensation': { strategy: 'null' },
  'pii.birth': { strategy: 'null' },
  'link.signed': { strategy: 'drop' },
  secret: { strategy: 'drop' },
  unknown: { strategy: 'drop' },
  [unclassifiedLabel]: { strategy: 'drop' },
}

/** Labels that no permit can show: they give access, or nobody has looked at them yet. */
const neverClear: readonly string[] = ['secret', 'link.signed', 'unknown', unclassifiedLabel]

const order: readonly Treatment[] = ['clear', 'partial', 'bucket', 'token', 'aggregate', 'null', 'drop']

/** The rule of a label without any permit; a label that nothing in the tree covers is dropped. */
export function ruleFor(label: string, tree: LabelTree = builtInLabels): LabelRule {
  for (let name = label; name !== ''; name = parentOf(name)) {
    const rule = Object.hasOwn(tree, name) ? tree[name] : undefined
    if (rule !== undefined) return rule
  }
  return { strategy: 'drop' }
}

/** True where `label` is `root` or stands below it. */
export function isWithin(label: string, root: string): boolean {
  return label === root || label.startsWith(`${root}.`)
}

/** True where policy's permit to see this very label counts. */
export function mayBeClear(label: string): boolean {
  return !neverClear.some((root) => isWithin(label, root))
}

/** The treatment that shows less. */
export function stricter(a: Treatment, b: Treatment): Treatment {
  return order.indexOf(a) >= order.indexOf(b) ? a : b
}

function parentOf(label: string): string {
  return label.slice(0, Math.max(label.lastIndexOf('.'), 0))
}
