import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Evidence } from './app-evidence.ts'
import { openPolicySource, type PolicySource } from './app-policy.ts'
import { type AppPorts, createPorts, type Foundation } from './app-ports.ts'
import type { ApproverRules } from './approval/vote.ts'
import { sleep } from './audit/pause.ts'
import { listBackends } from './backend/catalogue.ts'
import { machinesOf } from './backend/command-list.ts'
import {
  assertComplete,
  baseUrlOf,
  digestDeclaration,
  digestJson,
  type EndpointQuestion,
  scopesOf,
  selectConfigured,
} from './backend/configured.ts'
import { type Backend, endpointOf } from './backend/define.ts'
import { namesOwnGroup } from './backend/own-group.ts'
import { readHostAccounts, readOwnGroup, readSettings } from './config/environment.ts'
import { isOwnResource } from './config/own-resources.ts'
import type { Settings } from './config/settings.ts'
import { timeLimits } from './config/time-limits.ts'
import { createAnswers } from './http/answers.ts'
import { createAuditAnswers } from './http/audit-answers.ts'
import { createConsole } from './http/console-files.ts'
import { createMcpAnswer } from './http/mcp.ts'
import { createRefusal, type Refusal } from './http/refusal.ts'
import { createOutage, type RunningApp } from './http/running-app.ts'
import { createUsageAnswers } from './http/usage-answers.ts'
import { createManagedCredential } from './identity/managed-identity.ts'
import { mergeClassification, parseClassification } from './masking/classification-file.ts'
import { fetchMaskKey } from './masking/vault-mask-key.ts'
import { inputSchema } from './openapi/schema.ts'
import { createLine } from './pipeline/create-line.ts'
import type { Deployment, Ports } from './pipeline/line.ts'
import type { Identification } from './pipeline/respond.ts'
import { retriable } from './pipeline/retriable.ts'
import { loadPolicy } from './policy/cedar.ts'
import type { Policy } from './policy/policy.ts'
import { readPolicyFolder } from './policy/policy-folder.ts'
import { createLog } from './telemetry/log.ts'
import { checkBaseUrl, checkHost } from './upstream/hosts.ts'

// The composition root, with app-ports.ts and app-executors.ts: the one place that builds edges, once a process.
const rowLimit = 10_000
const inSource = import.meta.url.endsWith('.ts')

/** One gateway: its app, and what ends it. */
export interface Instance {
  /** The app behind the routes; built at the first request, and again where building failed. */
  readonly app: () => Promise<RunningApp>
  /** Writes what waits and releases the lane. */
  readonly close: () => Promise<void>
}

let instance: Instance | undefined
let base: Foundation | undefined
let evidence: Promise<Evidence> | undefined

/**
 * Parses the settings and checks them against the declarations. Called by the entry point: what throws here stops the
 * whole app, so that a misconfigured one serves nothing. The settings say which of the two apps this is.
 */
export function start(): Settings {
  const settings = readSettings()
  base = layFoundation(settings)
  if (settings.COUNTERSIGN_APP === 'gateway') instance = createInstance(base)
  return settings
}

/** Writes what waits and releases the lane; called when the host stops. */
export async function stop(): Promise<void> {
  await instance?.close()
  await (await evidence)?.close()
}

/** The evidence app behind the timers; built at the first job. The gateway has none. */
export function runningEvidence(): Promise<Evidence> {
  if (base === undefined || instance !== undefined) throw new Error('this is not the evidence app')
  const foundation = base
  evidence ??= import('./app-evidence.ts').then(({ createEvidence }) => createEvidence(foundation))
  return evidence
}

/** Removes rows of operational state that are over; the gateway's clock calls it. */
export async function sweepState(): Promise<void> {
  if (base === undefined) throw new Error('start() was not called')
  const { sweepStateTables } = await import('./app-sweep.ts')
  await sweepStateTables(base)
}

/** The app behind the routes; built at the first request, and again where building failed. */
export function runningApp(): Promise<RunningApp> {
  if (instance === undefined) throw new Error('start() was not called')
  return instance.app()
}

/** What a gateway stands on; `changes` are for tests that need another clock or shorter limits. */
export function layFoundation(
  settings: Settings,
  changes: Partial<Pick<Foundation, 'clock' | 'limits' | 'log'>> = {},
): Foundation {
  const { clock = Date.now, limits = timeLimits } = changes
  const configured = selectConfigured(listBackends(), settings.COUNTERSIGN_BACKENDS)
  for (const backend of configured.values()) checkTarget(backend, settings)
  const clientId = settings.COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID
  return {
    settings,
    configured,
    ...readClassification(settings, configured),
    challenge: {
      cloud: settings.COUNTERSIGN_CLOUD,
      clientId: settings.COUNTERSIGN_CLIENT_ID,
      resourceMetadata: `${publicUrl(settings)}/.well-known/oauth-protected-resource`,
    },
    credential: createManagedCredential({ clientId, timeout: limits.identity }),
    buildDigest: readBuildDigest(),
    log: changes.log ?? createLog((line) => process.stdout.write(`${line}\n`), clock),
    clock,
    limits,
  }
}

/** One gateway on that foundation; the process of a deployment has one, a test may have many under one policy. */
export function createInstance(base: Foundation, load = loadShippedPolicy): Instance {
  const closing: (() => Promise<void>)[] = []
  const identification = { publicUrl: publicUrl(base.settings), challenge: base.challenge }
  const refuse = createRefusal({ identification, log: base.log, newId: randomUUID, randomHex })
  let running: Promise<RunningApp> | undefined
  const found = retriable(async () => {
    const source = await openPolicySource(base, { load, closing })
    return { source, ports: createPorts(base, { policy: source.policy, closing }) }
  })
  return {
    app: () => {
      running ??= compose(base, { identification, refuse, found }).catch((error: unknown) => {
        running = undefined
        return createOutage(error, refuse)
      })
      return running
    },
    close: async () => void (await Promise.allSettled(closing.map((close) => close()))),
  }
}

interface Surroundings {
  readonly identification: Identification
  readonly refuse: Refusal
  readonly found: () => Promise<{ readonly source: PolicySource; readonly ports: AppPorts }>
}

async function compose(base: Foundation, { identification, refuse, found }: Surroundings): Promise<RunningApp> {
  const { source, ports } = await found()
  await source.open(ports.audit)
  const { approvers } = source
  const ready = retriable(async () => createLine(ports, await createDeployment(base, ports, approvers), identification))
  const consoleFolder = fileURLToPath(new URL(inSource ? '../dist/console/' : './console/', import.meta.url))
  const parts = { ...base, ports, line: ready, identification, approvers }
  const mcp = createMcpAnswer({ ...parts, refuse }, () => import('./mcp/protocol.ts'))
  const audit = createAuditAnswers({ ...parts, book: ports.book, wait: sleep })
  const console = createConsole(base.settings, consoleFolder)
  const usage = createUsageAnswers({ ...parts, book: ports.book })
  const answers = { ...createAnswers(parts), ...audit, ...usage, mcp, console }
  return { answers, noticeJobs: ports.noticeJobs, refuse }
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

/** The classification that is shipped with the policy, over which a deployment adds its own; throws for a backend that nobody declares. */
function readClassification({ COUNTERSIGN_BACKENDS: own }: Settings, configured: ReadonlyMap<string, Backend>) {
  const path = inSource ? '../infra/policy/classification.json' : './policy/classification.json'
  const file = parseClassification(readFileSync(new URL(path, import.meta.url), 'utf8'))
  const declared = new Set(['*', ...listBackends().map(({ name }) => name)])
  const unknown = Object.keys(file.backends).find((name) => !declared.has(name))
  if (unknown !== undefined) throw new Error(`classification.json names ${unknown}, which is no backend`)
  const merged = [...configured.keys()].map(
    (name) => [name, mergeClassification(file, name, own[name]?.classification ?? {})] as const,
  )
  return { labelTree: file.labels, classifications: new Map(merged) }
}

/** A backend is called at the hosts that its declaration allows and nowhere else; its own scope and host must be there. */
function checkTarget(backend: Backend, settings: Settings): void {
  const configuration = settings.COUNTERSIGN_BACKENDS[backend.name]
  if (configuration === undefined) return
  const asked = { ...standOf(settings), configuration }
  assertComplete(backend, configuration)
  scopesOf(backend, asked)
  const machines = machinesOf(backend, configuration)?.map(({ host }) => host)
  const hosts = machines ?? (configuration.host === undefined ? null : [configuration.host])
  if (hosts === null) checkAddress(backend, asked, settings)
  for (const host of hosts ?? []) checkServer(backend, host, settings)
  for (const at of Object.keys(backend.endpoints ?? {})) {
    if (baseUrlOf(backend, { ...asked, at }) !== undefined) checkAddress(backend, { ...asked, at }, settings)
  }
}

const standOf = (settings: Settings) => ({
  cloud: settings.COUNTERSIGN_CLOUD,
  development: settings.COUNTERSIGN_MODE === 'development',
})

function checkAddress(backend: Backend, asked: EndpointQuestion, settings: Settings): void {
  const url = baseUrlOf(backend, asked) ?? ''
  const suffixes = endpointOf(backend, asked.at).hostSuffixes[asked.cloud]
  const fault = suffixes === null ? 'unknown_in_this_cloud' : checkBaseUrl(url, suffixes, asked.development)
  refuseTarget(asked.at === undefined ? backend.name : `${backend.name}.endpoints.${asked.at}`, {
    url,
    fault,
    settings,
  })
}

function checkServer(backend: Backend, host: string, settings: Settings): void {
  const suffixes = backend.hostSuffixes[settings.COUNTERSIGN_CLOUD]
  const fault = suffixes === null ? 'unknown_in_this_cloud' : checkHost(host, suffixes, standOf(settings).development)
  refuseTarget(backend.name, { url: `https://${host}`, fault, settings })
}

function refuseTarget(place: string, target: { url: string; fault: string | null; settings: Settings }): void {
  const { url, fault, settings } = target
  const own = fault === null && isOwnResource(new URL(url), settings, readHostAccounts())
  if (fault !== null || own) throw new Error(`COUNTERSIGN_BACKENDS (at ${place}) is refused: ${fault ?? 'own'}`)
}

/** The policy that is shipped with the build, over the deployment's own groups. */
export async function loadShippedPolicy(settings: Settings): Promise<{ policy: Policy; approvers: ApproverRules }> {
  const folder = fileURLToPath(new URL(inSource ? '../infra/policy/' : './policy/', import.meta.url))
  const shipped = await readPolicyFolder(folder)
  const groups = { ...shipped.groups, ...settings.COUNTERSIGN_POLICY_GROUPS }
  const homeTenant = settings.COUNTERSIGN_HOME_TENANT
  const approvers = { homeTenant, groups, consoleClientId: settings.COUNTERSIGN_CONSOLE_CLIENT_ID }
  return { policy: await loadPolicy({ ...shipped, groups, homeTenant }), approvers }
}

/** What needs the vault and the table: the mask key, and the row that says that this instance started. */
async function createDeployment(base: Foundation, ports: Ports, approvers: ApproverRules): Promise<Deployment> {
  const { settings, configured } = base
  const maskKey = await fetchMaskKey({
    vaultUrl: settings.COUNTERSIGN_KEY_VAULT_URL,
    credential: base.credential,
    timeout: base.limits.vault,
  })
  const settingsDigest = digestJson(settings)
  await ports.audit.recordEvent({ kind: 'start', detail: { settings: settingsDigest, build: base.buildDigest } })
  const each = <T>(value: (backend: Backend) => T) =>
    new Map([...configured].map(([name, backend]) => [name, value(backend)]))
  const configurationOf = ({ name }: Backend) => settings.COUNTERSIGN_BACKENDS[name] ?? { classification: {} }
  const group = readOwnGroup()
  return {
    publicUrl: publicUrl(settings),
    challenge: base.challenge,
    approvers,
    isOwn: (invocation) =>
      group !== null && namesOwnGroup(invocation, configurationOf(invocation.backend).values ?? {}, group),
    settingsDigest,
    buildDigest: base.buildDigest,
    rowLimit,
    maskKey,
    declarationDigests: each((backend) =>
      digestDeclaration(backend, (operation) => inputSchema(operation, 'draft-2020-12')),
    ),
    classificationDigests: each(({ name }) => digestJson([base.labelTree, base.classifications.get(name)])),
    targetDigests: each((backend) => digestJson({ ...configurationOf(backend), classification: undefined })),
    classifications: base.classifications,
    labelTree: base.labelTree,
    scopes: new Map(
      [...configured.values()].flatMap((backend) =>
        scopesOf(backend, { ...standOf(settings), configuration: configurationOf(backend) }),
      ),
    ),
  }
}
