import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline'
import { startAzurite } from '../../infra/local/azurite/azurite.ts'
import { storageAudience } from '../../infra/local/blobs/access-token.ts'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import type { ContainerPolicy } from '../../infra/local/evidence/policy.ts'
import { type EvidenceAccount, startEvidence } from '../../infra/local/evidence/server.ts'
import { personas, tenants } from '../../infra/local/personas.ts'
import { makeCertificates } from '../../infra/local/tls/certificates.ts'
import type { TokenSource } from '../../shared/audit/store.ts'
import type { WormBlobsOptions } from '../../shared/audit/worm-blobs.ts'
import { parseXml } from '../../shared/upstream/xml-reader.ts'

export type IdentityName = 'gateway' | 'sealer' | 'verifier' | 'nobody'

/** The account of the evidence at its front, over a real Azurite. */
export interface EvidenceWorld {
  readonly account: EvidenceAccount
  readonly entra: Entra
  /** Azurite itself, behind the front, with the account's key. */
  readonly behind: string
  readonly ca: string
  readonly client: HttpClient
  readonly credential: (who: IdentityName, resource?: string) => TokenSource
  /** Options for the stores of the product. */
  readonly as: (who: IdentityName, container?: string) => WormBlobsOptions
  readonly stop: () => Promise<void>
}

export async function openEvidenceWorld(policies?: Readonly<Record<string, ContainerPolicy>>): Promise<EvidenceWorld> {
  const run = mkdtempSync(join(tmpdir(), 'countersign-evidence-'))
  const certificates = await makeCertificates(['127.0.0.1'])
  const [entra, azurite] = await Promise.all([startEntra(), startAzurite({ run, certificate: certificates })])
  const more = policies === undefined ? {} : { policies }
  const place = { ...azurite.evidence, tenant: tenants.home, days: 400 }
  const account = await startEvidence({ ...place, entra, certificates, ...more })
  const client = trusting(certificates.ca)
  const credential = (who: IdentityName, resource = storageAudience) => tokensOf(entra, who, resource)
  const name = new URL(azurite.evidence.account).pathname.slice(1)
  const key = `AccountName=${name};AccountKey=${azurite.evidence.accountKey}`
  return {
    ...{ account, entra, client, credential, ca: certificates.ca },
    behind: `DefaultEndpointsProtocol=https;${key};BlobEndpoint=${azurite.evidence.account};`,
    as: (who, container = 'evidence') => ({
      url: account.url,
      container,
      credential: credential(who),
      parseXml,
      client,
    }),
    stop: async () => {
      await account.stop()
      await Promise.all([azurite.stop(), entra.stop()])
      rmSync(run, { recursive: true, force: true })
    },
  }
}

/** Sends over https, trusting this authority. */
function trusting(ca: string): HttpClient {
  const inner = createDefaultHttpClient()
  const tlsSettings = { ca }
  return { sendRequest: (request) => inner.sendRequest(Object.assign(request, { tlsSettings })) }
}

function tokensOf(entra: Entra, who: IdentityName, aud: string): TokenSource {
  const oid = who === 'nobody' ? personas.robot.oid : entra.identities[who].principalId
  return {
    getToken: async () => {
      const { token } = entra.mint('robot', { aud, version: 1, oid, sub: oid })
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 }
    },
  }
}
