import type { MaskStrategy, Obligation } from './decision.ts'
import { canonicalJson } from './digest.ts'

const strictness: readonly MaskStrategy[] = ['partial', 'bucket', 'token', 'null', 'drop']

/**
 * Unites obligations of several evaluations: the strictest mask and the largest group per label, the smallest row limit, everything else
 * once; sorted, so that the same demands read the same.
 */
export function uniteObligations(obligations: readonly Obligation[]): readonly Obligation[] {
  const united = new Map<string, Obligation>()
  for (const one of obligations) {
    const key = keyOf(one)
    const other = united.get(key)
    united.set(key, other === undefined ? one : stricter(one, other))
  }
  return [...united.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

function keyOf(one: Obligation): string {
  if (one.kind === 'row_limit') return 'row_limit'
  if (one.kind === 'mask') return `mask:${one.label}`
  if (one.kind === 'aggregate') return `aggregate:${one.label}`
  return `${one.kind}:${canonicalJson(one)}`
}

function stricter(a: Obligation, b: Obligation): Obligation {
  if (a.kind === 'row_limit' && b.kind === 'row_limit') return a.max <= b.max ? a : b
  if (a.kind === 'aggregate' && b.kind === 'aggregate') return a.k >= b.k ? a : b
  if (a.kind === 'mask' && b.kind === 'mask') return stricterMask(a, b)
  return a
}

type MaskObligation = Extract<Obligation, { readonly kind: 'mask' }>

/** Tokens for two purposes at once could be joined for neither. */
function stricterMask(a: MaskObligation, b: MaskObligation): MaskObligation {
  const [first, second] = [strictness.indexOf(a.strategy), strictness.indexOf(b.strategy)]
  if (first !== second) return first > second ? a : b
  if (a.purpose === undefined || b.purpose === undefined) return a.purpose === undefined ? b : a
  return a.purpose === b.purpose ? a : { kind: 'mask', label: a.label, strategy: 'null' }
}

/** Of the labels that permits show in clear, those that no obligation takes away again. */
export function stillClear(labels: readonly string[], obligations: readonly Obligation[]): readonly string[] {
  const hidden = obligations.flatMap((one) => (one.kind === 'mask' || one.kind === 'aggregate' ? [one.label] : []))
  return labels.filter((label) => !hidden.some((root) => label === root || label.startsWith(`${root}.`)))
}
