import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TokenCredential } from '@azure/identity'
import { createTableApprovals } from './approval/table-approvals.ts'
import type { ApproverRules } from './approval/vote.ts'
import { createTableRows } from './audit/table-rows.ts'
import { createVaultKeys } from './audit/vault-keys.ts'
import { createAuditWriter } from './audit/writer.ts'
import { listBackends } from './backend/catalogue.ts'
import { digestDeclaration, digestJson, scopeOf, selectConfigured } from './backend/configured.ts'
import type { Backend } from './backend/define.ts'
import { clouds } from './config/clouds.ts'
import { readSettings } from './config/environment.ts'
import type { Settings } from './config/settings.ts'
import { Problem } from './errors/problem.ts'
import { createAnswers } from './http/answers.ts'
import { createMcpAnswer } from './http/mcp.ts'
import { createRefusal, type Refusal } from './http/refusal.ts'
import { createOutage, type RunningApp } from './http/running-app.ts'
import { tokenRequestOf } from './http/token-request.ts'
import { requireAgentScope } from './identity/agent-scope.ts'
import { readBackendChallenge } from './identity/backend-challenge.ts'
import type { ChallengeSettings } from './identity/challenge.ts'
import { createChallengeMemory } from './identity/challenge-memory.ts'
import { createExchange } from './identity/entra-exchange.ts'
import { checkSignature, createKeyStore } from './identity/entra-keys.ts'
import { createGraphGroups } from './identity/graph-groups.ts'
import { createClientAssertion, createManagedCredential } from './identity/managed-identity.ts'
import { createVerifier } from './identity/verify.ts'
import { fetchMaskKey } from './masking/vault-mask-key.ts'
import { inputSchema } from './openapi/schema.ts'
import { createLine } from './pipeline/create-line.ts'
import type { Deployment, Ports } from './pipeline/line.ts'
import type { Executor } from './pipeline/ports.ts'
import type { Identification } from './pipeline/respond.ts'
import { retriable } from './pipeline/retriable.ts'
import { loadPolicy } from './policy/cedar.ts'
import type { Policy } from './policy/policy.ts'
import { readPolicyFolder } from './policy/policy-folder.ts'
import { createCallRate } from './quota/call-rate.ts'
import { createFailureBrake } from './quota/failure-brake.ts'
import { createParser } from './sql/parser-worker.ts'
import { createLog, type Log } from './telemetry/log.ts'
import { checkBaseUrl, checkHost } from './upstream/hosts.ts'
import { createPostgresExecutor } from './upstream/postgres.ts'
import { createRestExecutor } from './upstream/rest.ts'

/** The composition root: the one place that builds edges. Everything is built once per process. */
interface Foundation {
  readonly settings: Settings
  readonly configured: ReadonlyMap<string, Backend>
  readonly challenge: ChallengeSettings
  readonly credential: TokenCredential
  readonly buildDigest: string
  readonly log: Log
}

/** Longest time for one exchange or one backend call; the platform's front end gives up at 230 s. */
const deadlineMs = 100_000
const rowLimit = 10_000
const inSource = import.meta.url.endsWith('.ts')

let foundation: Foundation | undefined
let running: Promise<RunningApp> | undefined
const closing: (() => Promise<void>)[] = []

/**
 * Parses the settings and checks them against the declarations. Called by the entry point: what throws here stops the
 * whole app, so that a misconfigured gateway serves nothing.
 */
export function start(): void {
  const settings = readSettings()
  const configured = selectConfigured(listBackends(), settings.COUNTERSIGN_BACKENDS)
  for (const backend of configured.values()) checkTarget(backend, settings)
  foundation = {
    settings,
    configured,
    challenge: {
      cloud: settings.COUNTERSIGN_CLOUD,
      clientId: settings.COUNTERSIGN_CLIENT_ID,
      resourceMetadata: `${publicUrl(settings)}/.well-known/oauth-protected-resource`,
    },
    credential: createManagedCredential({ clientId: settings.COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID }),
    buildDigest: readBuildDigest(),
    log: createLog((line) => process.stdout.write(`${line}\n`), Date.now),
  }
}

/** Writes what waits and releases the lane; called when the host stops. */
export async function stop(): Promise<void> {
  await Promise.allSettled(closing.map((close) => close()))
}

/** The app behind the routes; built at the first request, and again where building failed. */
export function runningApp(): Promise<RunningApp> {
  if (foundation === undefined) throw new Error('start() was not called')
  const base = foundation
  const identification = { publicUrl: publicUrl(base.settings), challenge: base.challenge }
  const refuse = createRefusal({ identification, log: base.log, newId: randomUUID, randomHex })
  running ??= compose(base, { identification, refuse }).catch((error: unknown) => {
    running = undefined
    return createOutage(error, refuse)
  })
  return running
}

async function compose(
  base: Foundation,
  { identification, refuse }: { identification: Identification; refuse: Refusal },
): Promise<RunningApp> {
  const { policy, approvers } = await loadShippedPolicy(base.settings)
  const ports = createPorts(base, policy)
  const ready = retriable(async () => createLine(ports, await createDeployment(base, ports, approvers), identification))
  const parts = { ...base, ports, line: ready, identification, approvers, declared: listBackends() }
  return {
    answers: { ...createAnswers(parts), mcp: createMcpAnswer({ ...parts, refuse }, () => import('./mcp/protocol.ts')) },
    refuse,
  }
}

function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}

function publicUrl(settings: Settings): string {
  return settings.COUNTERSIGN_PUBLIC_URL.replace(/\/$/, '')
}

function readBuildDigest(): string {
  if (inSource) return 'source'
  return (JSON.parse(readFileSync(new URL('./build.json', import.meta.url), 'utf8')) as { digest: string }).digest
}

/** A backend is called at the host that its declaration allows and nowhere else; scope and host must be there. */
function checkTarget(backend: Backend, settings: Settings): void {
  const configuration = settings.COUNTERSIGN_BACKENDS[backend.name]
  const suffixes = backend.hostSuffixes[settings.COUNTERSIGN_CLOUD]
  const development = settings.COUNTERSIGN_MODE === 'development'
  if (configuration === undefined) return
  scopeOf(backend, settings.COUNTERSIGN_CLOUD, configuration)
  const fault =
    configuration.host === undefined
      ? checkBaseUrl(configuration.baseUrl ?? '', suffixes, development)
      : checkHost(configuration.host, suffixes, development)
  if (fault !== null) throw new Error(`COUNTERSIGN_BACKENDS (at ${backend.name}) is refused: ${fault}`)
}

async function loadShippedPolicy(settings: Settings): Promise<{ policy: Policy; approvers: ApproverRules }> {
  const folder = fileURLToPath(new URL(inSource ? '../infra/policy/' : './policy/', import.meta.url))
  const shipped = await readPolicyFolder(folder)
  const groups = { ...shipped.groups, ...settings.COUNTERSIGN_POLICY_GROUPS }
  const homeTenant = settings.COUNTERSIGN_HOME_TENANT
  const approvers = { homeTenant, groups, consoleClientId: settings.COUNTERSIGN_CONSOLE_CLIENT_ID }
  return { policy: await loadPolicy({ ...shipped, groups, homeTenant }), approvers }
}

function createPorts(base: Foundation, policy: Policy): Ports {
  const { settings, configured } = base
  const parser = createParser()
  closing.push(parser.stop)
  return {
    ...identityPorts(base),
    configured,
    understand: parser.understand,
    decide: policy.decide,
    policyDigests: { policy: policy.policyDigest, schema: policy.schemaDigest },
    stepUps: createChallengeMemory(Date.now),
    callRate: createCallRate({ perMinute: settings.COUNTERSIGN_CALLS_PER_MINUTE, now: Date.now }),
    audit: createAudit(base),
    approvals: createTableApprovals({
      account: { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential: base.credential },
      table: 'approvals',
    }),
    executors: createExecutors(settings),
    now: Date.now,
    newId: randomUUID,
    randomHex,
    deadlineMs,
    log: base.log,
  }
}

function identityPorts(base: Foundation): Pick<Ports, 'verify' | 'verifyAny' | 'exchange' | 'groupsOf'> {
  const { settings, challenge } = base
  const cloud = settings.COUNTERSIGN_CLOUD
  const entraUrl = settings.COUNTERSIGN_ENTRA_URL
  const verifier = createVerifier({
    settings: {
      ...challenge,
      consoleClientId: settings.COUNTERSIGN_CONSOLE_CLIENT_ID,
      tenants: settings.COUNTERSIGN_TENANTS,
      allowedActors: settings.COUNTERSIGN_ALLOWED_ACTORS,
      deniedTokenIds: new Set(settings.COUNTERSIGN_DENIED_TOKEN_IDS),
    },
    keys: createKeyStore({ cloud, tenants: settings.COUNTERSIGN_TENANTS, ...(entraUrl ? { baseUrl: entraUrl } : {}) }),
    checkSignature,
    now: Date.now,
  })
  const exchange = createExchange({
    settings: { ...challenge, ...(entraUrl ? { entraUrl } : {}) },
    clientAssertion: createClientAssertion({ credential: base.credential, cloud }),
    pepper: randomBytes(32),
  })
  const askGraph = createGraphGroups({ baseUrl: entraUrl ?? clouds[cloud].graph })
  const failures = createCallRate({ perMinute: settings.COUNTERSIGN_FAILED_TOKENS_PER_MINUTE, now: Date.now })
  const brake = createFailureBrake(failures)
  const verifyAny: Ports['verify'] = (inbound) =>
    brake.guard(inbound.remoteAddress, () => verifier.verify(tokenRequestOf(inbound)))
  return {
    verify: async (inbound) => requireAgentScope(await verifyAny(inbound), challenge),
    verifyAny,
    exchange,
    groupsOf: async (request) =>
      askGraph(await exchange.exchange({ ...request, scope: `${clouds[cloud].graph}/.default` })),
  }
}

function createAudit(base: Foundation): Ports['audit'] {
  const { settings, credential } = base
  const writer = createAuditWriter({
    rows: createTableRows({
      account: { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential },
      names: { rows: 'audit', meta: 'auditmeta', pii: 'auditpii' },
      create: true,
    }),
    keys: createVaultKeys({ url: settings.COUNTERSIGN_KEY_VAULT_URL, credential, clock: Date.now }),
    clock: Date.now,
    random: randomBytes,
    // The registration, not the address: a gateway that moves goes on in its own book.
    origin: `countersign/${settings.COUNTERSIGN_CLIENT_ID}`,
  })
  closing.push(writer.close)
  return writer
}

function createExecutors(settings: Settings): ReadonlyMap<string, Executor> {
  const of = (name: string) => {
    const found = settings.COUNTERSIGN_BACKENDS[name]
    if (found === undefined) {
      const reason = 'not_called:not_configured'
      throw new Problem('backend_not_configured', 'No backend of this name is configured here.', { reason })
    }
    return found
  }
  const rest = createRestExecutor({
    fetch,
    settingsFor: (name) => ({ baseUrl: of(name).baseUrl ?? '' }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
  })
  const postgres = createPostgresExecutor({
    settingsFor: (name) => ({
      host: of(name).host ?? '',
      port: of(name).port ?? 5432,
      database: of(name).database ?? 'postgres',
    }),
    clock: Date.now,
  })
  closing.push(rest.close, postgres.close)
  return new Map<string, Executor>([
    ['rest', rest],
    ['postgres', postgres],
  ])
}

/** What needs the vault and the table: the mask key, and the row that says that this instance started. */
async function createDeployment(base: Foundation, ports: Ports, approvers: ApproverRules): Promise<Deployment> {
  const { settings, configured } = base
  const maskKey = await fetchMaskKey({ vaultUrl: settings.COUNTERSIGN_KEY_VAULT_URL, credential: base.credential })
  const settingsDigest = digestJson(settings)
  await ports.audit.recordEvent({ kind: 'start', detail: { settings: settingsDigest, build: base.buildDigest } })
  const each = <T>(value: (backend: Backend) => T) =>
    new Map([...configured].map(([name, backend]) => [name, value(backend)]))
  const configurationOf = ({ name }: Backend) => settings.COUNTERSIGN_BACKENDS[name] ?? { classification: {} }
  return {
    publicUrl: publicUrl(settings),
    challenge: base.challenge,
    approvers,
    settingsDigest,
    buildDigest: base.buildDigest,
    rowLimit,
    maskKey,
    declarationDigests: each((backend) =>
      digestDeclaration(backend, (operation) => inputSchema(operation, 'draft-2020-12')),
    ),
    classificationDigests: each((backend) => digestJson(configurationOf(backend).classification)),
    classifications: each((backend) => configurationOf(backend).classification),
    scopes: each((backend) => scopeOf(backend, settings.COUNTERSIGN_CLOUD, configurationOf(backend))),
  }
}
