import { Problem } from '../errors/problem.ts'
import type { MaskStrategy, Obligation } from './decision.ts'
import { isReasonCode, type ReasonCode } from './reasons.ts'

/** What a policy demands, and the word under `context.fulfilled` that says it is met. */
export interface Demand {
  readonly token: string
  readonly obligation: Obligation
}

/** What the annotations of one policy say. */
export interface Annotated {
  readonly id: string
  readonly title: string
  readonly reason?: ReasonCode
  readonly demand?: Demand
  /** Since when and why it is only watched: it decides nothing, and rows say what it would have changed. */
  readonly shadow?: { readonly since: string; readonly why: string }
}

type Reader = (value: string) => Demand | undefined

const readers: Readonly<Record<string, Reader>> = {
  approval: readApproval,
  mask: (value) => {
    const match =
      /^([a-z0-9_]+(?:\.[a-z0-9_]+)*)=(?:(drop|null|partial|bucket)|(token)(?::([a-z][a-z0-9-]{1,63}))?)$/.exec(value)
    if (match === null) return undefined
    const [, label = '', plain, token, purpose] = match
    const strategy = (plain ?? token) as MaskStrategy
    const obligation = { kind: 'mask', label, strategy, ...(purpose === undefined ? {} : { purpose }) } as const
    return { token: `mask:${value}`, obligation }
  },
  aggregate: (value) => {
    const match = /^([a-z0-9_]+(?:\.[a-z0-9_]+)*):([1-9][0-9]{0,5})$/.exec(value)
    if (match === null || Number(match[2]) < 2) return undefined
    return {
      token: `aggregate:${value}`,
      obligation: { kind: 'aggregate', label: match[1] ?? '', k: Number(match[2]) },
    }
  },
  rowlimit: (value) =>
    /^[1-9][0-9]{0,6}$/.test(value)
      ? { token: `rowlimit:${value}`, obligation: { kind: 'row_limit', max: Number(value) } }
      : undefined,
  stepup: (value) =>
    /^c[1-9][0-9]?$/.test(value)
      ? { token: `stepup:${value}`, obligation: { kind: 'step_up', context: value } }
      : undefined,
  record: (value) => (value === '' ? { token: 'record', obligation: { kind: 'record' } } : undefined),
  quota: (value) =>
    /^[a-z][a-z0-9-]{1,63}$/.test(value)
      ? { token: `quota:${value}`, obligation: { kind: 'quota', meter: value } }
      : undefined,
}

const word = '[a-z][a-z0-9-]{1,63}'
const approval = new RegExp(
  `^(${word}): ([1-9]) of (${word})(?:; escalate (${word}))?(?:; grant ([1-9][0-9]{0,3})m ([1-9][0-9]{0,3}) calls)?$`,
)
/** A grant is for an hour, or a day at most. */
const longestGrant = 1_440

/** `rule: 1 of group`, then where wanted `; escalate group` and `; grant 60m 20 calls`, in this order. */
function readApproval(value: string): Demand | undefined {
  const [found, rule = '', count, group = '', escalate, minutes, calls] = approval.exec(value) ?? []
  if (found === undefined || escalate === group || Number(minutes ?? 1) > longestGrant) return undefined
  const grant = minutes === undefined ? {} : { grantMinutes: Number(minutes), grantCalls: Number(calls) }
  const more = { ...(escalate === undefined ? {} : { escalate }), ...grant }
  return { token: `approval:${rule}`, obligation: { kind: 'approval', rule, group, count: Number(count), ...more } }
}

const known = new Set(['id', 'title', 'reason', 'shadow', ...Object.keys(readers)])

/**
 * Reads the annotations of a policy. The language itself ignores annotations, so a typo would be silently inert: an
 * unknown one, a malformed value and a missing @id or @title are refused (Problem `policy_unavailable`).
 */
export function readAnnotations(annotations: Readonly<Record<string, string>>): Annotated {
  const unknown = Object.keys(annotations).find((name) => !known.has(name))
  if (unknown !== undefined) throw refuse(annotations, `unknown annotation @${unknown}`)
  const demand = readDemand(annotations)
  const reason = readReason(annotations)
  if (reason !== undefined && demand !== undefined) throw refuse(annotations, '@reason beside an obligation')
  return {
    id: readId(annotations),
    title: readTitle(annotations),
    ...(reason === undefined ? {} : { reason }),
    ...(demand === undefined ? {} : { demand }),
    ...readShadow(annotations),
  }
}

function readId(annotations: Readonly<Record<string, string>>): string {
  const { id } = annotations
  if (id === undefined || !/^[a-z][a-z0-9-]{2,63}$/.test(id)) throw refuse(annotations, 'missing or malformed @id')
  return id
}

function readTitle(annotations: Readonly<Record<string, string>>): string {
  const { title } = annotations
  if (title === undefined || title.trim() === '' || title.length > 120)
    throw refuse(annotations, 'missing or long @title')
  return title
}

function readReason(annotations: Readonly<Record<string, string>>): ReasonCode | undefined {
  const { reason } = annotations
  if (reason === undefined) return undefined
  if (!isReasonCode(reason))
    throw refuse(
      annotations,
      `@reason("${reason.slice(0, 64)}") is not in the list of reasons (shared/policy/reasons.ts)`,
    )
  return reason
}

function readShadow(annotations: Readonly<Record<string, string>>): Pick<Annotated, 'shadow'> {
  const { shadow } = annotations
  if (shadow === undefined) return {}
  const [, since, why] = /^(\d{4}-\d\d-\d\d): (\S.{0,199})$/.exec(shadow) ?? []
  if (since === undefined || why === undefined) throw refuse(annotations, '@shadow is not "<date>: <why>"')
  return { shadow: { since, why } }
}

function readDemand(annotations: Readonly<Record<string, string>>): Demand | undefined {
  const names = Object.keys(annotations).filter((name) => Object.hasOwn(readers, name))
  const [name, second] = names
  if (name === undefined) return undefined
  if (second !== undefined) throw refuse(annotations, 'more than one obligation in one policy')
  const demand = readers[name]?.(annotations[name] ?? '')
  if (demand === undefined) throw refuse(annotations, `malformed @${name}`)
  return demand
}

function refuse(annotations: Readonly<Record<string, string>>, what: string): Problem {
  return new Problem('policy_unavailable', 'The policy cannot be loaded.', {
    reason: `policy ${annotations.id ?? '(no @id)'}: ${what}`,
  })
}
