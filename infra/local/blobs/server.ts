import type { Entra } from '../entra/stand-in.ts'
import { storageAudience } from './access-token.ts'
import { type BlobFront, startBlobFront } from './front.ts'
import type { LoggedRequest } from './request-log.ts'
import { seedBlobs } from './seed.ts'

export interface BlobsOptions {
  /** Address of the account at Azurite. */
  readonly account: string
  readonly tenant: string
  readonly entra: Pick<Entra, 'url' | 'mint'>
  readonly note?: (request: LoggedRequest) => void
  readonly certificates: { readonly cert: string; readonly key: string; readonly ca: string }
}

/** Fills the account of people's files where it is empty, past the front, and opens the front to it. */
export async function startBlobs(options: BlobsOptions): Promise<BlobFront> {
  const { account, tenant, entra, certificates, note } = options
  const { token } = entra.mint('carol', { aud: storageAudience, version: 1 })
  await seedBlobs({ url: account, ca: certificates.ca, token })
  const rules = { account, entra: entra.url, tenant, certificate: certificates }
  return startBlobFront(note === undefined ? rules : { ...rules, note })
}
