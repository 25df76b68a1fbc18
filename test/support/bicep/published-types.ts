import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findKept, keptVersions } from './kept-types.ts'

/** A member's rights: bits of `flags` in the published files. */
export const flags = { required: 1, readOnly: 2, writeOnly: 4, constant: 8, identifying: 16 } as const

interface Reference {
  readonly $ref: string
}

export interface Property {
  readonly type: Reference
  readonly flags: number
}

type Properties = Readonly<Record<string, Property>>

/** An entry of a published file. */
export type Entry =
  | { readonly $type: 'AnyType' | 'BooleanType' | 'ResourceFunctionType' }
  | {
      readonly $type: 'StringType'
      readonly minLength?: number
      readonly maxLength?: number
      readonly pattern?: string
    }
  | { readonly $type: 'IntegerType'; readonly minValue?: number; readonly maxValue?: number }
  | { readonly $type: 'StringLiteralType'; readonly value: string }
  | { readonly $type: 'UnionType'; readonly elements: readonly Reference[] }
  | { readonly $type: 'ArrayType'; readonly itemType: Reference }
  | ObjectEntry
  | Discriminated
  | ResourceEntry

export interface ObjectEntry {
  readonly $type: 'ObjectType'
  readonly name: string
  readonly properties: Properties
  readonly additionalProperties?: Reference
}

export interface Discriminated {
  readonly $type: 'DiscriminatedObjectType'
  readonly discriminator: string
  readonly baseProperties: Properties
  readonly elements: Readonly<Record<string, Reference>>
}

interface ResourceEntry {
  readonly $type: 'ResourceType'
  readonly name: string
  readonly body: Reference
  readonly writableScopes: number
}

/** A place in a published file. */
export interface TypePlace {
  readonly file: readonly Entry[]
  readonly entry: Entry
}

export interface ResourceType {
  readonly body: TypePlace
  /** Bits: tenant 1, management group 2, subscription 4, resource group 8, on another resource 16. */
  readonly writableScopes: number
}

/** Follows a reference within its file. */
export function follow({ file }: TypePlace, { $ref }: Reference): TypePlace {
  const entry = file[Number($ref.slice(2))]
  if (entry === undefined) throw new Error(`the published types have no ${$ref}`)
  return { file, entry }
}

/** The published types of a folder, each provider's version read when it is first asked for, and those that are kept here. */
export function openTypes(folder: string) {
  const known = new Map<string, ReadonlyMap<string, ResourceType>>()
  const versionsOf = (provider: string) => {
    const path = join(folder, provider.toLowerCase())
    return existsSync(path) ? readdirSync(path).sort() : []
  }
  const read = (provider: string, version: string) => {
    const path = join(folder, provider.toLowerCase(), version)
    const found = known.get(path) ?? (existsSync(path) ? readFolder(path) : new Map<string, ResourceType>())
    known.set(path, found)
    return found
  }
  return {
    /** A resource's type; null where the folder has none of this name and version. */
    find: (type: string, version: string) =>
      read(type.split('/')[0] ?? '', version).get(`${type}@${version}`.toLowerCase()) ?? findKept(type, version),
    /** Versions in which a type is published, oldest first. */
    versions: (type: string) => [
      ...keptVersions(type),
      ...versionsOf(type.split('/')[0] ?? '').filter((version) =>
        read(type.split('/')[0] ?? '', version).has(`${type}@${version}`.toLowerCase()),
      ),
    ],
  }
}

export type PublishedTypes = ReturnType<typeof openTypes>

function readFolder(path: string): ReadonlyMap<string, ResourceType> {
  const files = readdirSync(path).filter((name) => name.endsWith('.json'))
  return new Map(files.flatMap((name) => readEntries(JSON.parse(readFileSync(join(path, name), 'utf8')))))
}

function readEntries(file: readonly Entry[]): (readonly [string, ResourceType])[] {
  return file.flatMap((entry) => {
    if (entry.$type !== 'ResourceType') return []
    const body = follow({ file, entry }, entry.body)
    return [[entry.name.toLowerCase(), { body, writableScopes: entry.writableScopes }] as const]
  })
}
