import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { listBackends } from '../../shared/backend/catalogue.ts'
import type { Backend, Operation } from '../../shared/backend/define.ts'

export const functionsFolder = fileURLToPath(new URL('../../functions/', import.meta.url))

/** One backend of each kind, for what is shown in full. */
export const exemplary: readonly string[] = [
  'azure-app-configuration',
  'azure-postgresql',
  'azure-storage-blob',
  'databricks-sql',
  'rest-entra-api',
]

/** Every file of `functions/`, in the order of the build. */
export const functionFiles: readonly string[] = readdirSync(functionsFolder)
  .filter((name) => name.endsWith('.ts'))
  .sort()

/** Imports every function, as the build's entry does: that alone declares all backends, without any setting. */
export async function loadFunctions(): Promise<readonly Backend[]> {
  const { warn } = console
  // Outside of a Functions host the library says of each trigger that it was not registered: that is the point here.
  console.warn = () => undefined
  try {
    for (const name of functionFiles) await import(`../../functions/${name.slice(0, -3)}.ts`)
  } finally {
    console.warn = warn
  }
  return listBackends()
}

export interface DeclaredOperation {
  /** `backend.operation`, for the names of tests. */
  readonly title: string
  readonly backend: Backend
  readonly name: string
  readonly operation: Operation
}

export function operationsOf(backends: readonly Backend[]): readonly DeclaredOperation[] {
  return backends.flatMap((backend) =>
    Object.entries(backend.operations).map(([name, operation]) => {
      return { title: `${backend.name}.${name}`, backend, name, operation }
    }),
  )
}

type Schema = Readonly<Record<string, unknown>>

/** Every object in a JSON value, with its pointer. */
export function objectsIn(value: unknown, pointer = ''): readonly { pointer: string; node: Schema }[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([name, member]) => {
    return objectsIn(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  })
  return Array.isArray(value) ? inner : [{ pointer, node: value as Schema }, ...inner]
}
