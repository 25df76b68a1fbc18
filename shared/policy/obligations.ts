import type { MaskStrategy, Obligation } from './decision.ts'
import { canonicalJson } from './digest.ts'

const strictness: readonly MaskStrategy[] = ['partial', 'token', 'null', 'drop']

/**
 * Unites obligations of several evaluations: the strictest mask per label, the smallest row limit, everything else
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
  return `${one.kind}:${canonicalJson(one)}`
}

function stricter(a: Obligation, b: Obligation): Obligation {
  if (a.kind === 'row_limit' && b.kind === 'row_limit') return a.max <= b.max ? a : b
  if (a.kind === 'mask' && b.kind === 'mask')
    return strictness.indexOf(a.strategy) >= strictness.indexOf(b.strategy) ? a : b
  return a
}
