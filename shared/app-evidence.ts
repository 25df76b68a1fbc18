import { randomBytes } from 'node:crypto'
import type { Foundation } from './app-ports.ts'
import { createArmImmutability, type ImmutabilityReader } from './audit/arm-immutability.ts'
import { judgeImmutability, rememberImmutability } from './audit/immutability.ts'
import { runIndexer } from './audit/index-rows.ts'
import { reconcileDangling } from './audit/reconcile-dangling.ts'
import type { NightPorts } from './audit/reconcile-night.ts'
import { createFateFinder, createSources } from './audit/reconcile-setup.ts'
import { createSealerMemory, runSealer, type SealerRun } from './audit/sealer.ts'
import { createDatabricksSql } from './audit/source-databricks-sql.ts'
import { createLogAnalytics } from './audit/source-log-analytics.ts'
import { type TokenSource, tableNames } from './audit/store.ts'
import { createTableRows } from './audit/table-rows.ts'
import { createVaultKeys } from './audit/vault-keys.ts'
import { createVaultSigner } from './audit/vault-signer.ts'
import { createWormEvidence } from './audit/worm-evidence.ts'
import { createAuditWriter } from './audit/writer.ts'
import { scopeOf } from './backend/configured.ts'
import { clouds } from './config/clouds.ts'
import { Problem } from './errors/problem.ts'
import type { Job, Jobs } from './evidence-job.ts'
import { createManagedCredential } from './identity/managed-identity.ts'
import { nameFailure } from './telemetry/log.ts'

/** The evidence app: its jobs, and what ends it. */
export interface Evidence {
  readonly jobs: Jobs
  /** Writes what waits and releases the lane. */
  readonly close: () => Promise<void>
}

/** Name of the key in the vault by which checkpoints and reports are signed; its private half never leaves. */
const signingKey = 'evidence-signing'
const patience = 10_000
const random = randomBytes

/** Builds the edges of the evidence app; nothing connects before the first job. */
export function createEvidence(base: Foundation): Evidence {
  const edges = createEdges(base)
  const { log, settings, clock } = base
  const memory = createSealerMemory()
  return {
    jobs: told(log, {
      seal: single(async () => {
        const { rows, keys, store, origin, signer, objection } = edges
        const publicKey = await signer.publicKey()
        const common = { rows, keys: keys.find, store, sign: signer.sign, publicKey, origin, clock, memory }
        report(log, await runSealer({ ...common, objection }))
        return undefined
      }),
      index: single(async () => {
        const { behind } = await runIndexer({
          rows: edges.rows,
          homeTenant: settings.COUNTERSIGN_HOME_TENANT,
          clock,
          wait,
        })
        if (behind.length > 0) log('index_behind', { count: behind.length })
        return undefined
      }),
      reconcile: single(async () => {
        const findFate = createFateFinder(edges.night.sources)
        const run = await reconcileDangling({
          ...edges.night,
          writer: edges.writer,
          clock: base.clock,
          random,
          findFate,
        })
        log('reconciled', { status: run.status, count: run.closed })
        return undefined
      }),
    } as Jobs),
    close: edges.writer.close,
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** A wake while the job still runs in this process is answered by that run. */
function single(job: Job): Job {
  let running: ReturnType<Job> | undefined
  return (message) => {
    running ??= job(message).finally(() => {
      running = undefined
    })
    return running
  }
}

/** Says of a job that failed why, in the words that a problem keeps for the operator. */
function told(log: Foundation['log'], jobs: Jobs): Jobs {
  const tell = (name: string, job: Job): Job => {
    return async (message) => {
      try {
        return await job(message)
      } catch (error) {
        const reason = error instanceof Problem ? error.reason : nameFailure(error)
        log('job_failed', { kind: name, reason })
        throw error
      }
    }
  }
  return Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, tell(name, job)])) as unknown as Jobs
}

/** Everything outside, each part as the identity that may use it. */
function createEdges(base: Foundation) {
  const { settings, clock, limits } = base
  const sealer = identify(settings.COUNTERSIGN_SEALER_CLIENT_ID, limits.identity)
  const verifier = identify(settings.COUNTERSIGN_VERIFIER_CLIENT_ID, limits.identity)
  const vault = settings.COUNTERSIGN_KEY_VAULT_URL
  const origin = `countersign/${settings.COUNTERSIGN_CLIENT_ID}`
  const rows = createTableRows({
    account: { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential: verifier },
    names: tableNames('audit'),
    timeout: patience,
    create: true,
  })
  const keys = createVaultKeys({ url: vault, credential: verifier, clock, timeout: patience })
  const readPolicy = rememberImmutability({ read: () => createPolicyReader(settings, sealer)('evidence'), clock })
  const demand = { days: settings.COUNTERSIGN_RETENTION_DAYS, appends: true }
  return {
    objection: async () => judgeImmutability(await readPolicy(), demand),
    origin,
    clock,
    rows,
    keys,
    night: createNightPorts(base, { rows, keys: keys.find, origin, verifier }),
    signer: createVaultSigner({ url: vault, credential: sealer, name: signingKey }),
    store: createWormEvidence({
      url: settings.COUNTERSIGN_EVIDENCE_BLOBS_URL,
      credential: sealer,
      container: 'evidence',
      parseXml: async (text) => (await import('./upstream/xml-reader.ts')).parseXml(text),
    }),
    writer: createAuditWriter({ rows, keys, clock, limits: { deadline: limits.append }, random: randomBytes, origin }),
  }
}

/** Reads how immutable a container of the evidence account is. */
function createPolicyReader(settings: Foundation['settings'], credential: TokenSource): ImmutabilityReader {
  const audience = clouds[settings.COUNTERSIGN_CLOUD].resourceManager
  const url = settings.COUNTERSIGN_ARM_URL ?? audience
  const accountId = settings.COUNTERSIGN_EVIDENCE_ACCOUNT_ID
  if (accountId === undefined) throw new Error('the evidence app has no account')
  return createArmImmutability({ url, audience, credential, accountId, timeout: patience })
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
    return [name, scopeOf(backend, settings.COUNTERSIGN_CLOUD, configuration)] as const
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

function report(log: Foundation['log'], run: SealerRun): void {
  for (const { lane, segment, seq, detail } of run.refused) log('seal_refused', { lane, segment, seq, reason: detail })
}
