/**
 * Azure Storage's stand-in: Azurite, a separate process for Tables, Blobs and Queues over https. It checks the claims of
 * an access token but no signature, has no write-once retention and does not throttle, so no promise may rest on it.
 */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findAzurite } from '../stack/bundle.ts'
import { type Announce, type Child, startChild } from '../stack/child.ts'
import { findBundled } from '../stack/script.ts'

/** The well-known development account that Azurite ships with; published by Microsoft, protects nothing. */
const account = 'devstoreaccount1'
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/** The account of the people's files: another than the gateway's own. Nobody is given its key. */
const filesAccount = 'contosofiles'

/** The account of the evidence, which nobody reaches but through its front. */
const evidenceAccount = 'contosoevidence'

export interface AzuriteOptions {
  /** Run folder: takes certificate and key. */
  readonly run: string
  /** Folder for the data; without it everything is in memory. */
  readonly keep?: string | undefined
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly announce?: Announce | undefined
  /** Further accounts, as `name:key` (base64); each has tables of its own. */
  readonly accounts?: readonly string[]
}

/** Addresses are path-style: `https://127.0.0.1:<port>/devstoreaccount1`. */
export interface Storage {
  readonly pid: number
  readonly tables: string
  readonly blobs: string
  readonly queues: string
  readonly connectionString: string
  /** Blobs of the account with the people's files. */
  readonly files: string
  /** Blobs of the account with the evidence, and its key (base64), new at each start. */
  readonly evidence: { readonly account: string; readonly accountKey: string }
  stop(): Promise<void>
}

/** Starts Azurite on three free ports of 127.0.0.1 and resolves when all three listen. */
export async function startAzurite(options: AzuriteOptions): Promise<Storage> {
  const cert = await writeSecret(join(options.run, 'azurite.crt'), options.certificate.cert)
  const key = await writeSecret(join(options.run, 'azurite.key'), options.certificate.key)
  const evidenceKey = randomBytes(64).toString('base64')
  const child = startChild({
    command: process.execPath,
    args: [
      findBundled('azurite.cjs') ?? findAzurite(),
      ...fixedArguments,
      '--cert',
      cert,
      '--key',
      key,
      ...persistence(options),
    ],
    signal: 'SIGINT', // the signal that makes every version of it write its data before it ends
    graceMs: 8000,
    cwd: options.run,
    env: { PATH: process.env.PATH, HOME: options.run, AZURITE_ACCOUNTS: accountsOf(options, evidenceKey) },
    announce: options.announce,
  })
  const urls = await readAddresses(child)
  const files = urls.blobs.replace(account, filesAccount)
  const evidence = { account: urls.blobs.replace(account, evidenceAccount), accountKey: evidenceKey }
  return { pid: child.pid, ...urls, files, evidence, connectionString: connect(urls), stop: child.stop }
}

function accountsOf({ accounts = [] }: AzuriteOptions, evidenceKey: string): string {
  const files = `${filesAccount}:${randomBytes(64).toString('base64')}`
  return [`${account}:${accountKey}`, files, `${evidenceAccount}:${evidenceKey}`, ...accounts].join(';')
}

interface Addresses {
  readonly tables: string
  readonly blobs: string
  readonly queues: string
}

const fixedArguments = [
  ...['blob', 'queue', 'table'].flatMap((service) => [`--${service}Host`, '127.0.0.1', `--${service}Port`, '0']),
  ...['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--disableProductStyleUrl', '--oauth', 'basic'],
]

function persistence({ keep }: AzuriteOptions): string[] {
  return keep === undefined ? ['--inMemoryPersistence'] : ['--location', join(keep, 'azurite')]
}

async function writeSecret(path: string, text: string): Promise<string> {
  await writeFile(path, text, { mode: 0o600 })
  return path
}

/** Azurite prints one line for each service when it listens, with the port that it got. */
async function readAddresses(child: Child): Promise<Addresses> {
  const found = new Map<string, string>()
  const output = child.process.stdout
  if (output === null) throw new Error('Azurite has no output to read')
  const timer = setTimeout(() => child.process.kill('SIGKILL'), 20_000)
  for await (const line of createInterface({ input: output })) {
    const match = /Azurite (Blob|Queue|Table) service is successfully listening at (\S+)/.exec(line)
    if (match?.[1] !== undefined && match[2] !== undefined) found.set(match[1], `${match[2]}/${account}`)
    if (found.size === 3) break
  }
  clearTimeout(timer)
  output.resume()
  const [blobs, queues, tables] = ['Blob', 'Queue', 'Table'].map((service) => found.get(service))
  if (blobs === undefined || queues === undefined || tables === undefined) throw new Error('Azurite did not start')
  return { blobs, queues, tables }
}

function connect({ blobs, queues, tables }: Addresses): string {
  const parts = ['DefaultEndpointsProtocol=https', `AccountName=${account}`, `AccountKey=${accountKey}`]
  return [...parts, `BlobEndpoint=${blobs}`, `QueueEndpoint=${queues}`, `TableEndpoint=${tables}`, ''].join(';')
}
