import type { BackendConfiguration } from './configuration.ts'
import type { Backend, DeploymentValue } from './define.ts'

const segment = /^[^/\\?#%\s]{1,200}$/

/** The list that a limit names: a `!` before it says that the deployment has to set it. */
export const listName = (limit: string): string => limit.replace(/^!/, '')

/** Throws where a value or a list that has to be there is missing, does not fit, or is none of this backend. */
export function assertValues(backend: Backend, configuration: BackendConfiguration | undefined): void {
  const { values = {}, allow = {}, endpoints = {} } = configuration ?? {}
  const limits = Object.values(backend.limits ?? {})
  const known = {
    values: Object.keys(backend.values ?? {}),
    allow: limits.map(listName),
    endpoints: Object.keys(backend.endpoints ?? {}),
  }
  assertKnown(backend, 'values', { given: values, known: known.values })
  assertKnown(backend, 'allow', { given: allow, known: known.allow })
  assertKnown(backend, 'endpoints', { given: endpoints, known: known.endpoints })
  const missing = limits.find((name) => name.startsWith('!') && allow[listName(name)] === undefined)
  if (missing !== undefined) throw wrong(backend, `allow.${listName(missing)}`, 'is missing')
  for (const [name, declared] of Object.entries(backend.values ?? {})) {
    const fault = faultOf(values[name], declared)
    if (fault !== null) throw wrong(backend, `values.${name}`, fault)
  }
}

function assertKnown(
  backend: Backend,
  place: string,
  { given, known }: { readonly given: object; readonly known: readonly string[] },
): void {
  const strange = Object.keys(given).find((name) => !known.includes(name))
  if (strange !== undefined) throw wrong(backend, `${place}.${strange}`, 'is not a setting of this backend')
}

function faultOf(value: string | undefined, { pattern = segment, optional }: DeploymentValue): string | null {
  if (value === undefined) return optional === true ? null : 'is missing'
  return pattern.exec(value)?.[0] === value ? null : 'does not have the form that is wanted'
}

function wrong(backend: Backend, place: string, why: string): Error {
  return new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}.${place}) ${why}`)
}
