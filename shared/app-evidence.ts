import { randomBytes } from 'node:crypto'
import type { Foundation } from './app-ports.ts'
import { createArmImmutability, type ImmutabilityReader } from './audit/arm-immutability.ts'
import { judgeImmutability, rememberImmutability } from './audit/immutability.ts'
import { createSealerMemory, runSealer, type SealerRun } from './audit/sealer.ts'
import { type TokenSource, tableNames } from './audit/store.ts'
import { createTableRows } from './audit/table-rows.ts'
import { createVaultKeys } from './audit/vault-keys.ts'
import { createVaultSigner } from './audit/vault-signer.ts'
import { createWormEvidence } from './audit/worm-evidence.ts'
import { createAuditWriter } from './audit/writer.ts'
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

/** Builds the edges of the evidence app; nothing connects before the first job. */
export function createEvidence(base: Foundation): Evidence {
  const edges = createEdges(base)
  const { log } = base
  const memory = createSealerMemory()
  return {
    jobs: told(log, {
      seal: single(async () => {
        const { rows, keys, store, origin, clock, signer, objection } = edges
        const publicKey = await signer.publicKey()
        const common = { rows, keys: keys.find, store, sign: signer.sign, publicKey, origin, clock, memory }
        report(log, await runSealer({ ...common, objection }))
        return undefined
      }),
    } as Jobs),
    close: edges.writer.close,
  }
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
function createEdges({ settings, clock, limits }: Foundation) {
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

function identify(clientId: string | undefined, timeout: number): TokenSource {
  if (clientId === undefined) throw new Error('the evidence app has no identity')
  return createManagedCredential({ clientId, timeout })
}

function report(log: Foundation['log'], run: SealerRun): void {
  for (const { lane, segment, seq, detail } of run.refused) log('seal_refused', { lane, segment, seq, reason: detail })
}
