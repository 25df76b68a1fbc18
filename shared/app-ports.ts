import { randomBytes, randomUUID } from 'node:crypto'
import type { TokenCredential } from '@azure/identity'
import { createApprovalDesk } from './app-approvals.ts'
import { createExecutors } from './app-executors.ts'
import { createNoticePorts, type NoticePorts } from './app-notices.ts'
import { createUsagePorts } from './app-usage.ts'
import { createForgeryReport } from './approval/forgery-report.ts'
import { createSealedApprovals } from './approval/sealed-approvals.ts'
import { createTableApprovals } from './approval/table-approvals.ts'
import { sleep } from './audit/pause.ts'
import { createRecorder } from './audit/recorder.ts'
import { logRows } from './audit/row-log.ts'
import { type RowStore, tableNames } from './audit/store.ts'
import { createTableRows } from './audit/table-rows.ts'
import { createVaultKeys, type VaultKeys } from './audit/vault-keys.ts'
import { openWormBlobs } from './audit/worm-blobs.ts'
import { createWormReports, guardStore } from './audit/worm-reports.ts'
import { createAuditWriter } from './audit/writer.ts'
import type { Backend } from './backend/define.ts'
import { clouds } from './config/clouds.ts'
import type { Settings } from './config/settings.ts'
import type { TimeLimits } from './config/time-limits.ts'
import { type AuditBook, findCheckpoint } from './http/audit-book.ts'
import { tokenRequestOf } from './http/token-request.ts'
import { requireAgentScope } from './identity/agent-scope.ts'
import type { ChallengeSettings } from './identity/challenge.ts'
import { createChallengeMemory } from './identity/challenge-memory.ts'
import { createExchange } from './identity/entra-exchange.ts'
import { checkSignature, createKeyStore } from './identity/entra-keys.ts'
import { createGraphGroups } from './identity/graph-groups.ts'
import { createClientAssertion } from './identity/managed-identity.ts'
import { createVerifier } from './identity/verify.ts'
import type { Classification } from './masking/classification.ts'
import type { LabelTree } from './masking/labels.ts'
import { fetchMaskKey } from './masking/vault-mask-key.ts'
import type { Ports } from './pipeline/line.ts'
import { retriable } from './pipeline/retriable.ts'
import { createLocalTime } from './policy/local-time.ts'
import type { Policy } from './policy/policy.ts'
import { createCallRate } from './quota/call-rate.ts'
import { createFailureBrake } from './quota/failure-brake.ts'
import { createParser } from './sql/parser-worker.ts'
import type { Log } from './telemetry/log.ts'

/** What is known once the settings are read. */
export interface Foundation {
  readonly settings: Settings
  readonly configured: ReadonlyMap<string, Backend>
  /** Of each configured backend, the file's and the deployment's together. */
  readonly classifications: ReadonlyMap<string, Classification>
  readonly labelTree: LabelTree
  readonly challenge: ChallengeSettings
  readonly credential: TokenCredential
  readonly buildDigest: string
  readonly log: Log
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly limits: TimeLimits
}

/** What the line needs besides: the policy, and where to enter what must be closed at the end. */
interface Parts {
  readonly policy: () => Policy
  readonly closing: (() => Promise<void>)[]
}

/** The line's ports, and the book as auditors' routes read it. */
export interface AppPorts extends Ports, NoticePorts {
  readonly book: AuditBook
}

/** Builds every edge behind the line's ports; nothing connects before the first call. */
export function createPorts(base: Foundation, { policy, closing }: Parts): AppPorts {
  const { settings, configured, clock, limits } = base
  const parser = createParser()
  const keys = createVaultKeys({
    url: settings.COUNTERSIGN_KEY_VAULT_URL,
    credential: base.credential,
    clock,
    timeout: limits.vault,
  })
  const book = createBook(base, keys)
  const audit = createAudit(base, book, closing)
  const approvals = createApprovals(base, keys, audit)
  const secret = createHandleKey(base)
  closing.push(parser.stop)
  return {
    ...identityPorts(base),
    ...createUsagePorts(base, closing),
    configured,
    understand: parser.understand,
    policy,
    stepUps: createChallengeMemory(clock),
    callRate: createCallRate({ perMinute: settings.COUNTERSIGN_CALLS_PER_MINUTE, now: clock }),
    audit,
    book,
    recordings: createRecordings(base, book.rows),
    approvals,
    approvalDesk: createApprovalDesk({ ...base, timeout: limits.approval }, keys),
    ...createNoticePorts(base, { approvals, audit, policy, closing, secret }),
    handleKey: secret,
    executors: createExecutors(settings, {
      closing,
      handleKey: secret,
      deadlineMs: limits.call,
      credential: base.credential,
    }),
    now: clock,
    localTime: createLocalTime(settings.COUNTERSIGN_TIME_ZONE),
    newId: randomUUID,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    deadlineMs: limits.call,
    log: base.log,
  }
}

/** Rows of their own table, sealed by the chain's keys, which are other bytes there than in any row of the book. */
function createApprovals(
  { settings, credential, log, limits }: Foundation,
  keys: VaultKeys,
  audit: Ports['audit'],
): Ports['approvals'] {
  return createSealedApprovals({
    rows: createTableApprovals({
      account: { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential },
      table: 'approvals',
      timeout: limits.approval,
    }),
    keys,
    onForgery: createForgeryReport({ audit, log }),
  })
}

/** Handles are signed under the vault's mask key, in a domain of their own; read once, at the first use. */
function createHandleKey({ settings, credential }: Foundation): () => Promise<Uint8Array> {
  return retriable(
    async () => (await fetchMaskKey({ vaultUrl: settings.COUNTERSIGN_KEY_VAULT_URL, credential })).secret,
  )
}

function identityPorts(base: Foundation): Pick<Ports, 'verify' | 'verifyAny' | 'exchange' | 'groupsOf'> {
  const { settings, challenge, clock, limits } = base
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
    keys: createKeyStore({
      cloud,
      tenants: settings.COUNTERSIGN_TENANTS,
      now: clock,
      timeout: limits.keys,
      ...(entraUrl ? { baseUrl: entraUrl } : {}),
    }),
    checkSignature,
    now: clock,
  })
  const exchange = createExchange({
    settings: { ...challenge, ...(entraUrl ? { entraUrl } : {}) },
    clientAssertion: createClientAssertion({ credential: base.credential, cloud, now: clock }),
    pepper: randomBytes(32),
    now: clock,
    deadline: limits.exchange,
  })
  const askGraph = createGraphGroups({ baseUrl: entraUrl ?? clouds[cloud].graph, timeout: limits.graph })
  const failures = createCallRate({ perMinute: settings.COUNTERSIGN_FAILED_TOKENS_PER_MINUTE, now: clock })
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

/** The registration names the book, not the address: a gateway that moves goes on in its own. */
function createBook(base: Foundation, keys: VaultKeys): AuditBook {
  const { settings, credential, limits, log } = base
  const rows = createTableRows({
    account: { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential },
    names: tableNames('audit'),
    timeout: limits.table,
    create: true,
  })
  return {
    rows: logRows(rows, { log, defer: (work) => void setImmediate(work) }),
    keys,
    origin: `countersign/${settings.COUNTERSIGN_CLIENT_ID}`,
    ...createEvidenceReader(base),
  }
}

/** Anchors and reports, which the gateway reads and cannot write. */
function createEvidenceReader({ settings, credential, limits }: Foundation): Pick<AuditBook, 'reports' | 'checkpoint'> {
  const common = {
    url: settings.COUNTERSIGN_EVIDENCE_BLOBS_URL,
    credential,
    timeout: limits.evidence,
    parseXml: async (text: string) => (await import('./upstream/xml-reader.ts')).parseXml(text),
  }
  const evidence = openWormBlobs({ ...common, container: 'evidence' })
  return {
    reports: createWormReports({ ...common, container: 'reports' }),
    checkpoint: () => guardStore(() => findCheckpoint(evidence)),
  }
}

/** Persons' keys are wrapped under the vault's mask key, in a domain of their own; read once, at the first use. */
function createRecordings({ settings, credential, clock, limits }: Foundation, rows: RowStore): Ports['recordings'] {
  const secret = retriable(() => fetchMaskKey({ vaultUrl: settings.COUNTERSIGN_KEY_VAULT_URL, credential }))
  return createRecorder({
    rows,
    secret,
    pacing: { clock, random: randomBytes, wait: sleep },
    deadlineMs: limits.append,
  })
}

function createAudit(
  { clock, limits }: Foundation,
  { rows, keys, origin }: AuditBook,
  closing: Parts['closing'],
): Ports['audit'] {
  const writer = createAuditWriter({
    rows,
    keys,
    clock,
    limits: { deadline: limits.append },
    random: randomBytes,
    origin,
  })
  closing.push(writer.close)
  return writer
}
