import { type Classification, indexTables } from '../masking/classification.ts'
import { isWithin, ruleFor } from '../masking/labels.ts'
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
  const used = statement === null ? [] : labelsUsed(understood, classification)
  if (statement !== null && used.length > 0) {
    return { inputs: Object.keys(inputs).filter((name) => name !== statement), statement, labels: listed(used) }
  }
  const tables = indexTables(classification)
  const objects = operation.object === undefined ? [] : objectsOf(understood).flatMap(tables.named)
  const labelsOf = (name: string) =>
    [...declaredLabels(invocation, name), ...objects.flatMap((table) => table.labelsOf(name))].filter(isMasked)
  const names = Object.keys(inputs).filter((name) => labelsOf(name.toLowerCase()).length > 0)
  const labels = names.flatMap((name) => labelsOf(name.toLowerCase()))
  return { inputs: names, statement: null, labels: listed(labels) }
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

/** Labels that the operation declares for members of this name in its answer: an input of that name holds the same. */
function declaredLabels({ operation }: Invocation, name: string): readonly string[] {
  const isNamed = (pointer: string) => pointer.slice(pointer.lastIndexOf('/') + 1).toLowerCase() === name
  return Object.entries(operation.labels ?? {}).flatMap(([pointer, label]) => (isNamed(pointer) ? [label] : []))
}

/** Masked labels that literals of a statement may meet: any of a table that it writes, those that it mentions else. */
function labelsUsed(understood: Understood, classification: Classification): readonly string[] {
  const { statement, effect, writes } = understood
  const tables = indexTables(classification)
  const touched = objectsOf(understood).flatMap(tables.named)
  const mentions = [...(statement?.mentions ?? ['*']), ...(statement?.compared ?? []), ...(statement?.qualifiers ?? [])]
  const assigns = effect === 'write' || effect === 'admin'
  const assigned = assigns ? writes.map((name) => name.toLowerCase()).flatMap(tables.named) : []
  const mentioned = mentions.includes('*')
    ? touched.flatMap(({ all }) => all)
    : touched.flatMap(({ labelsOf }) => mentions.flatMap(labelsOf))
  const secrets = touched.flatMap(({ all }) => all).filter(isSecret)
  return [...secrets, ...[...assigned.flatMap(({ all }) => all), ...mentioned].filter(isMasked)]
}

function objectsOf({ reads, writes }: Understood): readonly string[] {
  return [...reads, ...writes].map((name) => name.toLowerCase())
}

function isSecret(label: string): boolean {
  return isWithin(label, 'secret') || isWithin(label, 'link.signed')
}

function isMasked(label: string): boolean {
  return ruleFor(label).strategy !== 'clear'
}

function listed(labels: readonly string[]): readonly string[] {
  return [...new Set(labels)].sort()
}
