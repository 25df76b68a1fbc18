import { BlobServiceClient } from '@azure/storage-blob'
import { policiesContainer, releaseBlob } from '../evidence/roles.ts'

/** Puts a release where the stack's gateway looks for it, with the key of the account. */
export async function storeRelease(connectionString: string, text: Uint8Array): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(policiesContainer)
  const blobHTTPHeaders = { blobContentType: 'application/json' }
  await container.getBlockBlobClient(releaseBlob).upload(text, text.length, { blobHTTPHeaders })
}
