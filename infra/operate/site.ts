import * as z from 'zod'
import type { TokenSource } from '../../shared/audit/store.ts'
import type { TableRowsOptions } from '../../shared/audit/table-rows.ts'
import { settingsSchema } from '../../shared/config/settings.ts'
import { identities } from '../local/entra/managed-identity.ts'
import { localFolder, readRunningStack, type StackFile } from '../local/stack/local-folder.ts'
import { namesDeployment } from './names.ts'

/** What somebody who operates the book does; in Azure each needs rights of its own (docs/operating.md). */
export type Duty = 'verifier' | 'keymaker' | 'sealer'

/** Where a book is, and who we are there: a running stack, or a deployment in Azure. */
export interface Site {
  readonly origin: string
  readonly tables: Pick<TableRowsOptions, 'account' | 'allowInsecure'> & { readonly table: string }
  readonly vault: string
  /** The account of the evidence, its containers, and the vault's key that signs. */
  readonly blobs: string
  readonly evidence: { readonly container: string; readonly reports: string; readonly signingKey: string }
  readonly signIn: (duty: Duty) => TokenSource
  /** Null for a deployment in Azure. */
  readonly stack: StackFile | null
}

const named = settingsSchema.pick({
  COUNTERSIGN_CLIENT_ID: true,
  COUNTERSIGN_HOME_TENANT: true,
  COUNTERSIGN_KEY_VAULT_URL: true,
  COUNTERSIGN_AUDIT_TABLES_URL: true,
  COUNTERSIGN_EVIDENCE_BLOBS_URL: true,
})

type Environment = Readonly<Record<string, string | undefined>>

/** The deployment that the environment names, else the running stack; null where there is neither. Says where it acts. */
export function findSite(environment: Environment = process.env): Site | null {
  if (namesDeployment(environment)) {
    const site = siteOfDeployment(environment)
    process.stderr.write(`acting on ${site.origin}, the deployment that the environment names\n`)
    return site
  }
  const stack = readRunningStack(localFolder())
  return stack === null ? null : siteOfStack(stack)
}

/** What is said where there is nothing to act on. */
export const nowhere = 'no stack is running (npm start), and the environment names no deployment (docs/operating.md)\n'

/** A deployment in Azure, as the person who is signed in to `az` or `azd`. Throws, naming the setting, never a value. */
function siteOfDeployment(environment: Environment): Site {
  const given = Object.fromEntries(Object.keys(named.shape).map((name) => [name, environment[name] || undefined]))
  const parsed = named.safeParse({ ...given, COUNTERSIGN_HOME_TENANT: tenantOf(environment) })
  if (!parsed.success) {
    const places = parsed.error.issues.map(({ path }) => path.join('.'))
    throw new Error(`settings of the deployment are missing or wrong: ${[...new Set(places)].join(', ')}`)
  }
  const settings = parsed.data
  const credential = signInToAzure(settings.COUNTERSIGN_HOME_TENANT)
  return {
    origin: `countersign/${settings.COUNTERSIGN_CLIENT_ID}`,
    tables: { account: { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential }, table: 'audit' },
    vault: settings.COUNTERSIGN_KEY_VAULT_URL,
    blobs: settings.COUNTERSIGN_EVIDENCE_BLOBS_URL,
    evidence: { container: 'evidence', reports: 'reports', signingKey: 'evidence-signing' },
    signIn: () => credential,
    stack: null,
  }
}

function tenantOf(environment: Environment): string | undefined {
  return environment.COUNTERSIGN_HOME_TENANT || environment.AZURE_TENANT_ID || undefined
}

/** As the person themselves; never by a secret in the environment. Loaded when first needed: nobody at a stack needs it. */
function signInToAzure(tenantId: string): TokenSource {
  let opened: Promise<TokenSource> | undefined
  return {
    async getToken(scopes, options) {
      opened ??= openChain({ tenantId, processTimeoutInMs: 60_000 })
      return (await opened).getToken(scopes, options)
    },
  }
}

async function openChain(options: { readonly tenantId: string; readonly processTimeoutInMs: number }) {
  const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } = await import('@azure/identity')
  return new ChainedTokenCredential(new AzureCliCredential(options), new AzureDeveloperCliCredential(options))
}

const answer = z.object({ token: z.string() })

/** A running stack; the process must have been started with its authority and proxy. */
export function siteOfStack(stack: StackFile): Site {
  const { connectionString, url, table } = stack.tables
  return {
    origin: `countersign/${stack.clientId}`,
    tables: { account: { connectionString }, allowInsecure: url.startsWith('http:'), table },
    vault: stack.vault,
    blobs: stack.blobs.url,
    evidence: stack.evidence,
    signIn: (duty) => signInLocally(stack, duty),
    stack,
  }
}

/** Tokens from the sign-in stand-in; the sealer is an identity of the evidence app, which nobody signs in as. */
function signInLocally({ entra }: StackFile, duty: Duty): TokenSource {
  const who = duty === 'sealer' ? { persona: 'verifier', oid: identities.sealer.principalId } : { persona: duty }
  return {
    async getToken(scopes) {
      const aud = [scopes].flat()[0]?.replace(/\/\.default$/, '')
      const response = await fetch(`${entra}/dev/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...who, version: 1, aud }),
      })
      if (!response.ok) throw new Error(`the sign-in stand-in answered ${response.status}`)
      const { token } = answer.parse(await response.json())
      return { token, expiresOnTimestamp: Date.now() + 300_000 }
    },
  }
}
