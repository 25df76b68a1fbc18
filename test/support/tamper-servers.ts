// The accounts of a case: a table server (Azurite, in memory) and the account of the evidence with its front, roles and
// policies. The administrator works behind the front, where nothing is forbidden.
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob'
import { createWormEvidence, type WormEvidence } from '../../shared/audit/worm-evidence.ts'
import { connectionStringOf, startTableServer } from '../fault/audit-azurite.ts'
import { openEvidenceWorld } from './evidence-account.ts'

export interface TamperServers {
  /** Connection string of the table account. */
  readonly tables: string
  /** The container of the evidence behind its front. */
  readonly container: ContainerClient
  /** The product's own store, as one of its identities. */
  readonly evidence: (who: 'sealer' | 'verifier') => WormEvidence
  stop(): Promise<void>
}

/** Starts both; resolves when they answer. */
export async function startTamperServers(): Promise<TamperServers> {
  const [server, world] = await Promise.all([startTableServer(), openEvidenceWorld()])
  const settings = { tlsOptions: { ca: world.ca }, retryOptions: { maxTries: 1 } }
  const service = BlobServiceClient.fromConnectionString(world.behind, settings)
  return {
    tables: connectionStringOf(server.port),
    container: service.getContainerClient('evidence'),
    evidence: (who) => createWormEvidence(world.as(who)),
    async stop() {
      await Promise.all([server.stop(), world.stop()])
    },
  }
}
