import type { MaskStrategy, Obligation } from '../policy/decision.ts'
import { defaultTreatment, isWithin, mayBeClear, stricter, type Treatment } from './labels.ts'

/** What one value gets, and the label that demanded it. */
export interface Ruling {
  readonly label: string
  readonly treatment: Treatment
}

/** Rules for this call: policy's permits and demands over the defaults. */
export interface Rulebook {
  /** The treatment of one label. */
  readonly rule: (label: string) => Ruling
  /** The strictest treatment of several; null for none. */
  readonly ruleAll: (labels: Iterable<string>) => Ruling | null
}

/**
 * Builds the rules: a permit lifts a label's default, and only that very label's; a mask obligation covers its label
 * and all below it, applies after permits, and can only take away.
 */
export function makeRulebook(clearLabels: readonly string[], obligations: readonly Obligation[]): Rulebook {
  const clear = new Set(clearLabels)
  const demands = obligations.flatMap((one) => (one.kind === 'mask' ? [one] : []))
  const known = new Map<string, Ruling>()
  const rule = (label: string): Ruling => {
    const ruling = known.get(label) ?? { label, treatment: decide(label, clear, demands) }
    known.set(label, ruling)
    return ruling
  }
  return { rule, ruleAll: (labels) => strictest([...labels].sort().map(rule)) }
}

function decide(
  label: string,
  clear: ReadonlySet<string>,
  demands: readonly { readonly label: string; readonly strategy: MaskStrategy }[],
): Treatment {
  const start = clear.has(label) && mayBeClear(label) ? 'clear' : defaultTreatment(label)
  return demands.filter((one) => isWithin(label, one.label)).reduce((now, one) => stricter(now, one.strategy), start)
}

function strictest(rulings: readonly Ruling[]): Ruling | null {
  const [first, ...rest] = rulings
  if (first === undefined) return null
  return rest.reduce((a, b) => (a.treatment === stricter(a.treatment, b.treatment) ? a : b), first)
}
