import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { listBackends } from '../../../shared/backend/catalogue.ts'
import type { Backend } from '../../../shared/backend/define.ts'

const functions = new URL('../../../functions/', import.meta.url)

/** Every backend that this version declares. */
export async function loadDeclared(): Promise<readonly Backend[]> {
  const { warn } = console
  // Outside of a Functions host the library says of each trigger that it was not registered: that is the point here.
  console.warn = () => undefined
  try {
    const files = readdirSync(fileURLToPath(functions)).filter((name) => name.endsWith('.ts'))
    for (const file of files) await import(new URL(file, functions).href)
  } finally {
    console.warn = warn
  }
  return listBackends()
}
