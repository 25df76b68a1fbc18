import type { MaskStrategy } from '../policy/decision.ts'

/** What happens to a value: a strategy, or it stays as it is. */
export type Treatment = MaskStrategy | 'clear'

/** Label of a member or column that a classified source has but nobody classified. */
export const unclassifiedLabel = 'unclassified'

/** What each label gets where no permit shows it in clear; a label inherits from the nearest one above it (dots). */
const defaults: Readonly<Record<string, Treatment>> = {
  none: 'clear',
  pii: 'token',
  'pii.name': 'token',
  'pii.contact': 'partial',
  'pii.national_id': 'drop',
  'pii.compensation': 'null',
  'pii.birth': 'null',
  'link.signed': 'drop',
  secret: 'drop',
  unknown: 'drop',
  [unclassifiedLabel]: 'drop',
}

/** Labels that no permit can show: they give access, or nobody has looked at them yet. */
const neverClear: readonly string[] = ['secret', 'link.signed', 'unknown', unclassifiedLabel]

const severity: Readonly<Record<Treatment, number>> = { clear: 0, partial: 1, bucket: 2, token: 3, null: 4, drop: 5 }

/** The treatment of a label without any permit; a label that nothing in the tree covers is dropped. */
export function defaultTreatment(label: string): Treatment {
  for (let name = label; name !== ''; name = parentOf(name)) {
    if (Object.hasOwn(defaults, name)) return defaults[name] ?? 'drop'
  }
  return 'drop'
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
  return severity[a] >= severity[b] ? a : b
}

function parentOf(label: string): string {
  return label.slice(0, Math.max(label.lastIndexOf('.'), 0))
}
