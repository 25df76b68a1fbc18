import { randomBytes } from 'node:crypto'
import type { Foundation } from './app-ports.ts'
import { createArmImmutability, type ImmutabilityReader } from './audit/arm-immutability.ts'
import type { NightPorts } from './audit/reconcile-night.ts'
import { createSources } from './audit/reconcile-setup.ts'
import { createRunKeys, runSecret } from './audit/run-key.ts'
import { guardRuns } from './audit/run-memory.ts'
import { createDatabricksSql } from './audit/source-databricks-sql.ts'
import { createLogAnalytics } from './audit/source-log-analytics.ts'
import { type TokenSource, tableNames } from './audit/store.ts'
import { createTableErasure } from './audit/table-erasure.ts'
import { createTableRows } from './audit/table-rows.ts'
import { createAuthority } from './audit/time-stamp-http.ts'
import { createVaultKeys } from './audit/vault-keys.ts'
import { createVaultMonths } from './audit/vault-months.ts'
import { createVaultSigner } from './audit/vault-signer.ts'
import { createWormEvidence } from './audit/worm-evidence.ts'
import { createWormReports } from './audit/worm-reports.ts'
import { createAuditWriter } from './audit/writer.ts'
import { scopeOf } from './backend/configured.ts'
import { clouds } from './config/clouds.ts'
import { createManagedCredential } from './identity/managed-identity.ts'

/** Name of the key in the vault by which checkpoints and reports are signed; its private half never leaves. */
const signingKey = 'evidence-signing'
/** Milliseconds for one request: nobody waits for an answer here. */
const patience = 10_000

export type Edges = ReturnType<typeof createEdges>

/** Everything outside, each part as the identity that may use it; nothing connects before the first job. */
export function createEdges(base: Foundation) {
  const { settings, clock, limits } = base
  const sealer = identify(settings.COUNTERSIGN_SEALER_CLIENT_ID, limits.identity)
  const verifier = identify(settings.COUNTERSIGN_VERIFIER_CLIENT_ID, limits.identity)
  const url = settings.COUNTERSIGN_KEY_VAULT_URL
  const origin = `countersign/${settings.COUNTERSIGN_CLIENT_ID}`
  const account = { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential: verifier }
  const names = tableNames('audit')
  const stored = createTableRows({ account, names, timeout: patience, create: true })
  const vault = { url, credential: verifier, clock, timeout: patience }
  const keys = createVaultKeys(vault)
  const desk = createVaultMonths({ url, credential: verifier })
  const ownKeys = createVaultKeys({ ...vault, secret: runSecret })
  const runKeys = createRunKeys({ desk, rows: stored, clock, random: randomBytes, keys: ownKeys })
  const rows = guardRuns(stored, runKeys)
  return {
    origin,
    rows,
    keys,
    runKeys,
    ...createContainers(base, { sealer, verifier }),
    signer: createVaultSigner({ url, credential: sealer, name: signingKey }),
    readPolicy: createPolicyReader(base, sealer),
    authority: createStampAuthority(base),
    night: createNightPorts(base, { rows, keys: keys.find, origin, verifier }),
    desk,
    book: createTableErasure({ account, names: { rows: names.rows } }),
    erasable: createTableErasure({ account, names: { pii: names.pii, approvals: 'approvals' } }),
    writer: createAuditWriter({ rows, keys, clock, limits: { deadline: limits.append }, random: randomBytes, origin }),
  }
}

interface Identities {
  readonly sealer: TokenSource
  readonly verifier: TokenSource
}

function createContainers({ settings }: Foundation, { sealer, verifier }: Identities) {
  const common = {
    url: settings.COUNTERSIGN_EVIDENCE_BLOBS_URL,
    parseXml: async (text: string) => (await import('./upstream/xml-reader.ts')).parseXml(text),
  }
  return {
    evidence: createWormEvidence({ ...common, credential: sealer, container: 'evidence' }),
    reports: createWormReports({ ...common, credential: verifier, container: 'reports' }),
  }
}

/** Reads how immutable a container of the evidence account is. */
function createPolicyReader({ settings }: Foundation, credential: TokenSource): ImmutabilityReader {
  const audience = clouds[settings.COUNTERSIGN_CLOUD].resourceManager
  const url = settings.COUNTERSIGN_ARM_URL ?? audience
  const accountId = settings.COUNTERSIGN_EVIDENCE_ACCOUNT_ID
  if (accountId === undefined) throw new Error('the evidence app has no account')
  return createArmImmutability({ url, audience, credential, accountId, timeout: patience })
}

function createStampAuthority({ settings }: Foundation) {
  const url = settings.COUNTERSIGN_TIME_STAMP_URL
  return url === undefined ? null : createAuthority({ url, fetch })
}

/** The book and the logs with which it is compared, all read as the verifier. */
function createNightPorts(
  { settings, configured }: Foundation,
  { verifier: credential, ...book }: Pick<NightPorts, 'rows' | 'keys' | 'origin'> & { readonly verifier: TokenSource },
): NightPorts {
  const url = settings.COUNTERSIGN_LOGS_URL
  const clientId = settings.COUNTERSIGN_CLIENT_ID
  const scopes = [...configured].map(([name, backend]) => {
    const configuration = settings.COUNTERSIGN_BACKENDS[name] ?? { classification: {} }
    const development = settings.COUNTERSIGN_MODE === 'development'
    return [name, scopeOf(backend, { cloud: settings.COUNTERSIGN_CLOUD, development, configuration })] as const
  })
  const sources = createSources({
    sources: settings.COUNTERSIGN_SOURCES,
    clientId,
    scopes: new Map(scopes),
    queryLogs: (workspace) => createLogAnalytics({ workspace, credential, ...(url === undefined ? {} : { url }) }),
    queryAudit: ({ baseUrl, warehouse }) => createDatabricksSql({ baseUrl, warehouse, credential }),
    // The stack's logs have their entries at once.
    ...(settings.COUNTERSIGN_MODE === 'development' ? { settling: 0 } : {}),
  })
  return { ...book, sources, backends: [...configured.keys()], clientId }
}

function identify(clientId: string | undefined, timeout: number): TokenSource {
  if (clientId === undefined) throw new Error('the evidence app has no identity')
  return createManagedCredential({ clientId, timeout })
}
