/** Writes permissions.json, which the registration and the request to an Entra admin are made of: `tsx` this file. */
import { readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { listBackends } from '../../shared/backend/catalogue.ts'
import { type PermissionRow, tabulatePermissions } from './permission-table.ts'

const functions = new URL('../../functions/', import.meta.url)

/** The table of every declared backend, of which a deployment takes the rows of those that it configures. */
export async function readPermissions(): Promise<readonly PermissionRow[]> {
  const names = (await readdir(functions)).filter((name) => name.endsWith('.ts'))
  await Promise.all(names.map((name) => import(new URL(name, functions).href)))
  return tabulatePermissions(listBackends())
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lines = (await readPermissions()).map((row) => `  ${JSON.stringify(row)}`)
  await writeFile(fileURLToPath(new URL('permissions.json', import.meta.url)), `[\n${lines.join(',\n')}\n]\n`)
}
