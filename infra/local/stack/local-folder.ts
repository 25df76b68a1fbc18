import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the project. */
export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url))

/** The folder with the state of a running or kept stack: `COUNTERSIGN_LOCAL_DIR`, or `.local` in the project. */
export function localFolder(): string {
  return resolve(projectRoot, process.env.COUNTERSIGN_LOCAL_DIR ?? '.local')
}

/** What `stack.json` says about a running stack; clients and tests find everything through it. */
export interface StackFile {
  readonly gateway: string
  readonly entra: string
  readonly tenant: string
  readonly clientId: string
  readonly tables: { readonly url: string; readonly connectionString: string; readonly table: string }
  /** The account of the evidence, at its front. */
  readonly blobs: { readonly url: string; readonly connectionString: string }
  /** The evidence app's host: `POST {url}/admin/functions/{name}` with the key in `x-functions-key` starts a timer now. */
  readonly evidenceApp: { readonly url: string; readonly key: string }
  /** Its containers, and the vault's key that signs. */
  readonly evidence: { readonly container: string; readonly reports: string; readonly signingKey: string }
  readonly vault: string
  /** The query API of the log service. */
  readonly logs?: string
  /** What came to the receiver of notices: `GET {url}/`. */
  readonly notices?: { readonly url: string }
  /** Path of the certificate authority, PEM. */
  readonly ca: string
  readonly proxy: string
  readonly backends: {
    readonly 'azure-postgresql': { readonly host: string; readonly port: number; readonly database: string }
    readonly 'azure-sql-database'?: { readonly host: string; readonly port: number; readonly database: string }
    readonly 'databricks-sql': { readonly url: string }
    readonly 'azure-openai'?: { readonly url: string }
    readonly 'rest-entra-api': { readonly url: string }
    readonly 'azure-storage-blob': { readonly url: string }
    readonly 'cosmosdb-mongodb'?: { readonly host: string; readonly port: number; readonly database: string }
    readonly 'cosmosdb-nosql'?: { readonly url: string; readonly database: string }
    readonly 'fabric-core'?: { readonly url: string }
    readonly 'fabric-onelake'?: { readonly url: string }
    readonly powerbi?: { readonly url: string }
    readonly 'mcp-apim'?: { readonly url: string }
  }
  /** The gateway's settings that say which backends it has, for whoever looks at the deployment. */
  readonly settings?: Readonly<Record<string, string>>
  readonly pids: {
    readonly stack: number
    readonly gateway: number
    readonly evidence: number
    readonly azurite: number
    readonly postgres: number
    readonly guard: number
  }
}

/** The stack of this folder if it is running, else null (also for the file of one that died, or a damaged one). */
export function readRunningStack(folder: string): StackFile | null {
  try {
    const file = readJson<StackFile>(join(folder, 'stack.json'))
    return file !== null && isAlive(file.pids.stack) ? file : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Writes JSON or text readable by this user only, in one step. */
export function writePrivate(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** The file's JSON, or null where there is none. */
export function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export function removeFile(path: string): void {
  rmSync(path, { force: true })
}

/** True while a process of that id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
