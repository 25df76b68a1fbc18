import type { Obligation } from '../policy/decision.ts'
import {
  builtInLabels,
  isWithin,
  type LabelRule,
  type LabelTree,
  mayBeClear,
  ruleFor,
  stricter,
  type Treatment,
} from './labels.ts'

/** What one value gets, the label that demanded it, and how its strategy is set. */
export interface Ruling {
  readonly label: string
  readonly treatment: Treatment
  readonly rule?: LabelRule
}

/** Rules for this call: policy's permits and demands over the defaults. */
export interface Rulebook {
  /** The treatment of one label. */
  readonly rule: (label: string) => Ruling
  /** The strictest treatment of several; null for none. */
  readonly ruleAll: (labels: Iterable<string>) => Ruling | null
}

type Demand = Extract<Obligation, { readonly kind: 'mask' | 'aggregate' }>

/**
 * Builds the rules: a permit lifts a label's default, and only that very label's; a mask obligation covers its label
 * and all below it, applies after permits, and can only take away.
 */
export function makeRulebook(
  clearLabels: readonly string[],
  obligations: readonly Obligation[],
  tree: LabelTree = builtInLabels,
): Rulebook {
  const clear = new Set(clearLabels)
  const demands = obligations.flatMap((one) => (one.kind === 'mask' || one.kind === 'aggregate' ? [one] : []))
  const known = new Map<string, Ruling>()
  const decide = (label: string): Ruling => {
    const rule = ruleFor(label, tree)
    const start: Ruling = { label, treatment: clear.has(label) && mayBeClear(label) ? 'clear' : rule.strategy, rule }
    return resolvePurpose(
      start,
      demands.filter((one) => isWithin(label, one.label)),
    )
  }
  const rule = (label: string): Ruling => {
    const ruling = known.get(label) ?? decide(label)
    known.set(label, ruling)
    return ruling
  }
  return { rule, ruleAll: (labels) => strictest([...labels].sort().map(rule)) }
}

/** Tokens demanded for two purposes at once can be joined for neither, so that nothing of the value stays. */
function resolvePurpose(start: Ruling, demands: readonly Demand[]): Ruling {
  const { label, treatment, rule = { strategy: 'drop' } } = demands.reduce(tighten, start)
  const purposes = new Set(demands.flatMap((one) => (one.kind === 'mask' ? (one.purpose ?? []) : [])))
  if (treatment !== 'token' || purposes.size === 0) return { label, treatment, rule }
  const [purpose] = purposes
  return purposes.size > 1 ? { label, treatment: 'null', rule } : { label, treatment, rule: { ...rule, purpose } }
}

function tighten(now: Ruling, demand: Demand): Ruling {
  if (demand.kind === 'mask') return { ...now, treatment: stricter(now.treatment, demand.strategy) }
  const { rule = { strategy: 'drop' } } = now
  return {
    ...now,
    treatment: stricter(now.treatment, 'aggregate'),
    rule: { ...rule, k: Math.max(rule.k ?? 0, demand.k) },
  }
}

function strictest(rulings: readonly Ruling[]): Ruling | null {
  const [first, ...rest] = rulings
  if (first === undefined) return null
  return rest.reduce(stricterRuling, first)
}

function stricterRuling(a: Ruling, b: Ruling): Ruling {
  if (a.treatment !== b.treatment) return a.treatment === stricter(a.treatment, b.treatment) ? a : b
  return (a.rule?.k ?? 0) >= (b.rule?.k ?? 0) ? a : b
}
