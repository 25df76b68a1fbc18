import { defaultTreatment, isWithin } from '../masking/labels.ts'
import { cleanText, cleanValue, removed } from '../masking/secrets.ts'
import type { Invocation, Json, Understood } from '../pipeline/ports.ts'
import { showPlainly, showValuePlainly } from './plain-text.ts'

/** What of a call its voters may not read, found when the call is known and kept with the request. */
export interface Secrecy {
  /** Inputs by name, whose values are not shown. */
  readonly inputs: readonly string[]
  /** The input with a statement whose literals are not shown; null where they may be. */
  readonly statement: string | null
  /** Labels, sorted, for whose sake something of this is not shown. */
  readonly labels: readonly string[]
}

type Classification = Readonly<Record<string, string>>

interface Labelled {
  readonly column: string
  readonly label: string
}

/**
 * Voters see what nobody has to be permitted to see: a vote gives no right to read data. So what bears, or may be
 * compared with or put into, a member whose label masks by default is not shown: an input of its name, as declared or for
 * the object that is named; and where a statement uses such a column (or writes a table that has one, or touches one with
 * a secret), every literal and every other input, since which of them goes where is not known for certain.
 */
export function findSecrets(
  { invocation, understood }: { readonly invocation: Invocation; readonly understood: Understood },
  classification: Classification,
): Secrecy {
  const { operation, inputs } = invocation
  const statement = operation.statement?.input ?? null
  const touched = statement === null ? [] : columnsUsed(understood, classification)
  if (statement !== null && touched.length > 0) {
    return { inputs: Object.keys(inputs).filter((name) => name !== statement), statement, labels: labelsOf(touched) }
  }
  const members = [
    ...declared(invocation),
    ...(operation.object === undefined ? [] : ofObjects(understood, classification)),
  ]
  const hidden = members.filter(({ label }) => isMasked(label))
  const isHidden = (name: string) => hidden.filter(({ column }) => column === name.toLowerCase())
  const names = Object.keys(inputs).filter((name) => isHidden(name).length > 0)
  return { inputs: names, statement: null, labels: labelsOf(names.flatMap(isHidden)) }
}

/** What a voter sees of a call: all of it but what they may not, and which places those are (JSON pointers). */
export function showCall(subject: { readonly inputs: string; readonly statement: string }, secrecy: Secrecy) {
  const hidden = new Set<string>()
  const escaped = new Set<string>()
  const members = Object.entries(JSON.parse(subject.inputs) as Readonly<Record<string, Json>>)
  const inputs = members.map(([name, value]) => {
    const shown = showInput({ name, value, secrecy }, hidden)
    return [showPlainly(name), showValuePlainly(shown, () => escaped.add(`/inputs/${name}`))] as const
  })
  return {
    inputs: Object.fromEntries(inputs),
    statement: subject.statement === '' ? null : showPlainly(showStatement(subject.statement, secrecy)),
    hidden: [...hidden].sort(),
    hiddenFor: secrecy.labels,
    /** Inputs in which a character that would not be seen is shown as its number. */
    escaped: [...escaped].map(showPlainly).sort(),
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

/** Labels of members that the operation declares for its answer; an input of the same name holds the same. */
function declared({ operation }: Invocation): readonly Labelled[] {
  return Object.entries(operation.labels ?? {}).map(([pointer, label]) => ({
    column: pointer.slice(pointer.lastIndexOf('/') + 1).toLowerCase(),
    label,
  }))
}

/** Masked columns that literals of a statement may meet: any of a table that it writes, those that it mentions else. */
function columnsUsed(understood: Understood, classification: Classification): readonly Labelled[] {
  const { statement, effect, reads, writes } = understood
  const mentions = [...(statement?.mentions ?? ['*']), ...(statement?.compared ?? []), ...(statement?.qualifiers ?? [])]
  const isMentioned = (column: string) => mentions.includes('*') || mentions.includes(column)
  const assigns = effect === 'write' || effect === 'admin'
  return ofObjects({ reads, writes }, classification).filter(({ column, label, table }) => {
    if (isSecret(label)) return true
    const isAssigned = assigns && writes.some((name) => isSameTable(name.toLowerCase(), table))
    return isMasked(label) && (isAssigned || isMentioned(column))
  })
}

/** Labelled members or columns of what the call touches. */
function ofObjects({ reads, writes }: Pick<Understood, 'reads' | 'writes'>, classification: Classification) {
  const touched = [...reads, ...writes].map((name) => name.toLowerCase())
  return Object.entries(classification).flatMap(([name, label]) => {
    const cut = name.lastIndexOf('.')
    const table = name.slice(0, cut).toLowerCase()
    const isTouched = touched.some((one) => isSameTable(one, table))
    return isTouched ? [{ table, column: name.slice(cut + 1).toLowerCase(), label }] : []
  })
}

function isSameTable(name: string, table: string): boolean {
  return name === table || name.endsWith(`.${table}`) || table.endsWith(`.${name}`)
}

function isSecret(label: string): boolean {
  return isWithin(label, 'secret') || isWithin(label, 'link.signed')
}

function isMasked(label: string): boolean {
  return defaultTreatment(label) !== 'clear'
}

function labelsOf(found: readonly Labelled[]): readonly string[] {
  return [...new Set(found.map(({ label }) => label))].sort()
}
