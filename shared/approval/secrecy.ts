import { findColumns } from '../masking/column-labels.ts'
import { isWithin } from '../masking/labels.ts'
import { cleanText, cleanValue, removed } from '../masking/secrets.ts'
import type { Invocation, Json, Understood } from '../pipeline/ports.ts'
import type { ApprovalSubject } from './digest.ts'

/** What of a call nobody but the agent may read, found when the call is known and kept with the request. */
export interface Secrecy {
  /** Inputs by name, whose values are not shown. */
  readonly inputs: readonly string[]
  /** The input with a statement whose literals are not shown; null where they may be. */
  readonly statement: string | null
}

/**
 * An input that bears the name of a member whose label is secret, as declared or for the object that is named; and where a statement touches a table that has a
 * secret column, every literal and every other input, since which of them goes where is not known for certain.
 */
export function findSecrets(
  { invocation, understood }: { readonly invocation: Invocation; readonly understood: Understood },
  classification: Readonly<Record<string, string>>,
): Secrecy {
  const { operation, inputs } = invocation
  const labelled = Object.entries(operation.labels ?? {}).filter(([, label]) => isSecret(label))
  const declared = labelled.map(([pointer]) => pointer.slice(pointer.lastIndexOf('/') + 1).toLowerCase())
  const labelledColumns = findColumns(understood, classification, isSecret)
  const isNamed = (name: string) =>
    declared.includes(name) || (operation.object !== undefined && labelledColumns.has(name))
  const statement = operation.statement?.input ?? null
  if (statement !== null && labelledColumns.any) {
    return { inputs: Object.keys(inputs).filter((name) => name !== statement), statement }
  }
  return { inputs: Object.keys(inputs).filter((name) => isNamed(name.toLowerCase())), statement: null }
}

/** What a voter sees of a call: all of it but secrets, and which places those are (JSON pointers). */
export function showCall(subject: Pick<ApprovalSubject, 'inputs' | 'statement'>, secrecy: Secrecy) {
  const hidden = new Set<string>()
  const members = Object.entries(JSON.parse(subject.inputs) as Readonly<Record<string, Json>>)
  const inputs = members.map(([name, value]) => [name, showInput({ name, value, secrecy }, hidden)] as const)
  return {
    inputs: Object.fromEntries(inputs),
    statement: subject.statement === '' ? null : showStatement(subject.statement, secrecy),
    hidden: [...hidden].sort(),
  }
}

function showInput(
  { name, value, secrecy }: { readonly name: string; readonly value: Json; readonly secrecy: Secrecy },
  hidden: Set<string>,
): Json {
  const hide = () => hidden.add(`/inputs/${name}`)
  if (secrecy.inputs.includes(name)) {
    hide()
    return removed
  }
  if (name !== secrecy.statement || typeof value !== 'string') return cleanValue(value, hide)
  hide()
  return showStatement(value, secrecy)
}

function showStatement(text: string, secrecy: Secrecy): string {
  return secrecy.statement === null ? (cleanText(text)?.text ?? text) : withoutLiterals(text)
}

// A `$1` is a place, not a literal.
const literal = /'[^']*'|(?<![\w$])\d[\w.]*/g
// Where quoting could be read in two ways nothing is shown at all.
const ambiguous = /[\\"`[\]#]|--|\/\*|\$(?!\d)/

function withoutLiterals(text: string): string {
  const isPlain = !ambiguous.test(text) && text.split("'").length % 2 === 1
  return isPlain ? text.replace(literal, '***') : removed
}

function isSecret(label: string): boolean {
  return isWithin(label, 'secret') || isWithin(label, 'link.signed')
}
