import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFault } from '../../../infra/hooks/azure/fault.ts'
import type { SignIn } from '../../../infra/hooks/azure/sign-in.ts'
import { type Azure, startAzure } from '../../../infra/local/azure/server.ts'
import { type AzureTenant, deployed, ids, makeTenant } from '../../../infra/local/azure/tenant.ts'
import { identities } from '../../../infra/local/entra/managed-identity.ts'
import { startEntra } from '../../../infra/local/entra/stand-in.ts'
import { tenants } from '../../../infra/local/personas.ts'
import { secretsDue } from '../../../shared/audit/key-months.ts'

type Values = Readonly<Record<string, string>>

/** What a hook did as a process of its own. */
export interface HookRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface HookWorld {
  readonly azure: Azure
  readonly tenant: AzureTenant
  /** azd's environment, with the way to the stand-ins. */
  readonly environment: Values
  /** Tokens as the tool gives them, without a process for each. */
  readonly signIn: SignIn
  /** Puts everything right again. */
  readonly reset: () => void
  readonly run: (hook: HookName, options?: RunOptions) => Promise<HookRun>
  readonly stop: () => Promise<void>
}

export type HookName = 'preflight' | 'doctor' | 'down'

export interface RunOptions {
  readonly args?: readonly string[]
  readonly values?: Values
  /** A Node that strips types by itself, in place of this one with tsx. */
  readonly node?: string
}

const monthNames = () => secretsDue(Date.now()).map(({ name }) => name)

/** Values of azd's environment after a deployment to the stand-in. */
export const deployedValues: Values = {
  AZURE_ENV_NAME: deployed.environment,
  AZURE_LOCATION: 'westeurope',
  AZURE_SUBSCRIPTION_ID: deployed.subscription,
  AZURE_TENANT_ID: tenants.home,
  AZURE_RESOURCE_GROUP: deployed.group,
  COUNTERSIGN_EVIDENCE_LOCATION: 'northeurope',
  COUNTERSIGN_RETENTION_DAYS: '400',
  COUNTERSIGN_ALLOWED_ACTORS: 'c0000000-0000-4000-8000-000000000003',
  COUNTERSIGN_BACKENDS: '{"azure-storage-blob":{"baseUrl":"https://files.blob.core.windows.net"}}',
  COUNTERSIGN_AUDITORS_GROUP_ID: '9a000000-0000-4000-8000-000000000005',
  COUNTERSIGN_ALERT_EMAILS: 'platform@contoso.example',
  COUNTERSIGN_GATEWAY_NAME: deployed.gateway,
  COUNTERSIGN_EVIDENCE_NAME: deployed.evidence,
  COUNTERSIGN_KEY_VAULT_URL: `https://${deployed.vault}.vault.azure.net`,
  COUNTERSIGN_AUDIT_TABLES_URL: `https://${deployed.audit}.table.core.windows.net`,
  COUNTERSIGN_EVIDENCE_BLOBS_URL: `https://${deployed.proof}.blob.core.windows.net`,
  COUNTERSIGN_EVIDENCE_ACCOUNT_ID: ids.proof,
  COUNTERSIGN_GATEWAY_IDENTITY_ID: identities.gateway.principalId,
  COUNTERSIGN_SEALER_IDENTITY_ID: identities.sealer.principalId,
  COUNTERSIGN_VERIFIER_IDENTITY_ID: identities.verifier.principalId,
}

/** Short enough for a test, long enough for a busy machine. */
const patience: Values = {
  HOOKS_REQUEST_SECONDS: '15',
  HOOKS_ATTEMPTS: '2',
  HOOKS_WAIT_SECONDS: '0.05',
  HOOKS_SETTLE_SECONDS: '0.05',
}

/** Azure in this process, on a sign-in service of its own or on one that runs; hooks run as processes against it. */
export async function openHookWorld(entraUrl?: string): Promise<HookWorld> {
  const entra = entraUrl === undefined ? await startEntra() : null
  const login = entraUrl ?? entra?.url ?? ''
  const tenant = makeTenant(monthNames())
  const azure = await startAzure({ entra: login, tenant })
  const folder = mkdtempSync(join(tmpdir(), 'countersign-hooks-'))
  const commands = azure.commands(join(folder, 'bin'))
  const environment: Values = {
    ...deployedValues,
    ...patience,
    PATH: `${commands}:${process.env.PATH}`,
    HOOKS_ARM_URL: azure.url,
    HOOKS_GRAPH_URL: azure.url,
    HOOKS_LOGIN_URL: login,
  }
  return {
    azure,
    tenant,
    environment,
    signIn: { token: (scope) => askToken(azure.url, scope) },
    reset: () => {
      azure.faults.clear()
      restore(tenant)
    },
    run: (hook, options = {}) => runHook(hook, { ...options, values: { ...environment, ...options.values } }),
    stop: async () => {
      await Promise.all([azure.stop(), entra?.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function askToken(url: string, scope: string): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/cli/token`, { method: 'POST', headers, body: JSON.stringify({ scope }) })
  if (!response.ok) throw makeFault('not_signed_in', 'nobody is signed in')
  return ((await response.json()) as { readonly token: string }).token
}

/** The stand-in holds on to this very object, so that it is put right in place. */
function restore(tenant: AzureTenant): void {
  const { documents, lists, taken: _taken, withoutConsent: _consent, kept: _kept, ...plain } = makeTenant(monthNames())
  refill(tenant.documents, documents)
  refill(tenant.lists, lists)
  for (const set of [tenant.taken, tenant.withoutConsent, tenant.kept]) set.clear()
  Object.assign(tenant, plain)
}

function refill(own: Record<string, unknown>, wanted: Readonly<Record<string, unknown>>): void {
  for (const path of Object.keys(own)) delete own[path]
  Object.assign(own, wanted)
}

async function runHook(hook: HookName, { args = [], values = {}, node }: RunOptions): Promise<HookRun> {
  const script = fileURLToPath(new URL(`../../../infra/hooks/${hook}.ts`, import.meta.url))
  const runner = node === undefined ? ['--import', import.meta.resolve('tsx')] : []
  const child = spawn(node ?? process.execPath, [...runner, script, ...args], { env: values, stdio: 'pipe' })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { code: code as number | null, ...said }
}
