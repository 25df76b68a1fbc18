import { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'

/** Parsed inputs of a call, by name. */
export type Inputs = Readonly<Record<string, Json>>

const longest = 4096

/** The inputs with the deployment's values beside them, as `@name`, which no input can be called. */
export function withValues(inputs: Inputs, values: Readonly<Record<string, string>> = {}): Inputs {
  return { ...inputs, ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`@${name}`, value])) }
}

/**
 * A declared text with its inputs filled in; undefined where one of them is absent. Throws Problem `input_invalid`
 * for what cannot stand in a header: an empty value, other than printable ASCII, or more than 4,096 characters.
 */
export function fillText(text: string, inputs: Inputs): string | undefined {
  let absent = false
  const filled = text.replace(/\{(@?\w+)\}/g, (_whole, name: string) => {
    const value = inputs[name]
    if (value === undefined || value === null) absent = true
    return absent ? '' : plainText(name, value)
  })
  return absent ? undefined : filled
}

/** A non-negative whole number, or undefined. */
export function wholeNumber(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

const unfit = 'A value that this operation needs is not configured here, or cannot stand in its address.'

/** The Problem of an input that cannot be sent, or of a deployment's value; nothing was. */
export function refuseInput(name: string, detail: string): Problem {
  if (name.startsWith('@')) return new Problem('backend_not_configured', unfit, { reason: 'not_called:value' })
  const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return new Problem('input_invalid', 'An input cannot stand in the request.', {
    faults: [{ pointer, detail }],
    reason: 'not_called:input',
  })
}

function plainText(name: string, value: Json | undefined): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  if (text === '' || text.length > longest || /[^\x20-\x7e]/.test(text))
    throw refuseInput(name, 'must be printable ASCII, on one line')
  return text
}
