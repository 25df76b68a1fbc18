import { canonicalInputs } from '../backend/canonical-inputs.ts'
import type { Invocation, Json, Understood } from '../pipeline/ports.ts'
import type { ApprovalNeed, GrantTerms } from './terms.ts'

/** What the policy demands, as its obligation says it. */
export interface ApprovalDemand extends ApprovalNeed {
  readonly grantMinutes?: number
  readonly grantCalls?: number
}

/** The narrowest of the grants that all demands offer; null where one of them wants each call approved. */
export function grantOf(demands: readonly ApprovalDemand[]): GrantTerms | null {
  const terms = demands.flatMap(({ grantMinutes: minutes, grantCalls: calls }) =>
    minutes === undefined || calls === undefined ? [] : [{ minutes, calls }],
  )
  if (terms.length < demands.length || terms.length === 0) return null
  return { minutes: Math.min(...terms.map((one) => one.minutes)), calls: Math.min(...terms.map((one) => one.calls)) }
}

/**
 * Inputs (by name) whose values may differ between the calls of a grant. A statement stands as it is, with any values for
 * its parameters where these are an input of their own; without a statement everything may differ but the name of the
 * object. Objects touched, effect and obligations are the same in any case: the approval binds them.
 */
export function varyingInputs({ operation, inputs }: Invocation): readonly string[] {
  const { call, statement, object } = operation
  if (statement === undefined) return Object.keys(inputs).filter((name) => name !== object)
  const values =
    call.technology === 'postgres' && call.statement.from === 'input'
      ? call.statement.values
      : call.technology === 'databricks'
        ? call.inputs.parameters
        : undefined
  return values !== undefined && values !== statement.input && inputs[values] !== undefined ? [values] : []
}

/** Canonical text of what all calls of a grant have in common: effect, objects, inputs; of varying ones the JSON type. */
export function describeCalls(invocation: Invocation, { effect, reads, writes }: Understood): string {
  const varying = varyingInputs(invocation)
  const members = Object.entries(invocation.inputs).map(([name, value]) =>
    varying.includes(name) ? [name, { any: typeOf(value) }] : [name, { is: value }],
  )
  return canonicalInputs({ effect, reads, writes, inputs: Object.fromEntries(members) })
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** The varying inputs again, from that text. */
export function varyingOf(described: string): readonly string[] {
  const { inputs } = JSON.parse(described) as { readonly inputs: Readonly<Record<string, object>> }
  return Object.entries(inputs).flatMap(([name, member]) => ('any' in member ? [name] : []))
}
