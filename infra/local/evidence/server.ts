import { storageAudience } from '../blobs/access-token.ts'
import type { BlobFront } from '../blobs/front.ts'
import type { Entra } from '../entra/stand-in.ts'
import { personas } from '../personas.ts'
import { startEvidenceFront } from './front.ts'
import { makeContainer, putBlob } from './kept-blob.ts'
import type { ContainerPolicy } from './policy.ts'
import { startResourceManager } from './resource-manager.ts'
import { evidenceContainer, policiesContainer, releaseBlob, reportsContainer, rolesOf } from './roles.ts'

export interface EvidenceOptions {
  /** Address and key of the account at Azurite. */
  readonly account: string
  readonly accountKey: string
  readonly tenant: string
  readonly entra: Pick<Entra, 'url' | 'mint' | 'identities'>
  readonly certificates: { readonly cert: string; readonly key: string; readonly ca: string }
  /** Days of both policies. */
  readonly days: number
  /** In place of the two locked policies, for tests: each container but that of the reports is like the evidence's. */
  /** A release of the policy that is there from the start. */
  readonly release?: Uint8Array | undefined
  readonly policies?: Readonly<Record<string, ContainerPolicy>>
}

/** The account of the evidence: its front, and where its policies can be read. */
export interface EvidenceAccount extends BlobFront {
  /** With the account's key, through the front. */
  readonly connectionString: string
  readonly accountId: string
  /** Base address of Azure Resource Manager's stand-in. */
  readonly resourceManager: string
}

/** Longer than any stack runs. */
const tokenSeconds = 10 * 365 * 86_400

/** Makes the containers where they are missing, and opens the front to the account and the manager of its policies. */
export async function startEvidence(options: EvidenceOptions): Promise<EvidenceAccount> {
  const { account, tenant, entra, certificates, days } = options
  const { token } = entra.mint('verifier', { aud: storageAudience, version: 1, ttl: tokenSeconds })
  const locked = { state: 'Locked', days, allowProtectedAppendWrites: true } as const
  const policies = options.policies ?? { [evidenceContainer]: locked, [reportsContainer]: locked }
  const behind = { account, token }
  const names = [...new Set([evidenceContainer, reportsContainer, ...Object.keys(policies)])]
  for (const name of [...names, policiesContainer]) await makeContainer(behind, certificates.ca, name)
  const path = `${policiesContainer}/${releaseBlob}`
  if (options.release) await putBlob(behind, certificates.ca, { path, body: options.release })
  const { gateway, sealer, verifier } = entra.identities
  const ids = { gateway: gateway.principalId, sealer: sealer.principalId, verifier: verifier.principalId }
  const rules = { entra: entra.url, tenant, certificate: certificates, policies }
  const logs = names.filter((name) => name !== reportsContainer)
  const roles = rolesOf({ ...ids, auditor: personas.verifier.oid }, logs)
  const front = await startEvidenceFront({ ...rules, ...behind, roles })
  const name = new URL(account).pathname.slice(1)
  const accountId = `/subscriptions/e0000000-0000-4000-8000-000000000001/resourceGroups/evidence/providers/Microsoft.Storage/storageAccounts/${name}`
  const none = { [evidenceContainer]: null, [reportsContainer]: null }
  const readers = [ids.sealer, ids.verifier]
  const manager = await startResourceManager({ ...rules, accountId, readers, policies: { ...none, ...policies } })
  const connection = ['DefaultEndpointsProtocol=https', `AccountName=${name}`, `AccountKey=${options.accountKey}`]
  return {
    url: front.url,
    connectionString: [...connection, `BlobEndpoint=${front.url}`, ''].join(';'),
    accountId,
    resourceManager: manager.url,
    stop: async () => {
      await Promise.all([front.stop(), manager.stop()])
    },
  }
}
