import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../errors/problem.ts'
import type { PolicyOptions } from './loader.ts'

/**
 * Reads a policy folder: every `*.cedar`, `schema.cedarschema`, and `groups.json` (group object ids by name).
 * Throws Problem `policy_unavailable` where one is missing or malformed.
 */
export async function readPolicyFolder(folder: string): Promise<Omit<PolicyOptions, 'homeTenant'>> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.cedar')).sort()
    const read = (name: string) => readFile(join(folder, name), 'utf8')
    const [policies, schema, groups] = await Promise.all([
      Promise.all(names.map(read)),
      read('schema.cedarschema'),
      read('groups.json'),
    ])
    return { policies, schema, groups: readGroups(JSON.parse(groups)) }
  } catch (cause) {
    throw new Problem('policy_unavailable', 'The policy cannot be read.', { reason: 'policy folder', cause })
  }
}

function readGroups(value: unknown): Record<string, readonly string[]> {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>)
  const isList = (ids: unknown): ids is string[] => Array.isArray(ids) && ids.every((id) => typeof id === 'string')
  if (!entries.every(([, ids]) => isList(ids))) throw new TypeError('groups.json: a list of object ids per name')
  return Object.fromEntries(entries) as Record<string, readonly string[]>
}
