import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createManagedCredential } from '../../../shared/identity/managed-identity.ts'

afterEach(() => vi.unstubAllEnvs())

async function refusal(answer: (response: ServerResponse) => void): Promise<{ ms: number; error: unknown }> {
  const server = createServer((_request, response) => answer(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`)
  vi.stubEnv('IDENTITY_HEADER', 'header')
  const credential = createManagedCredential({ clientId: 'c0000000-0000-4000-8000-0000000000ff', timeout: 300 })
  await import('@azure/identity')
  const started = performance.now()
  const error = await credential.getToken('https://vault.azure.net/.default').catch((cause: unknown) => cause)
  server.closeAllConnections()
  server.close()
  return { ms: performance.now() - started, error }
}

describe('managed identity', () => {
  it.each([
    ['never answers', () => undefined],
    [
      'asks for an hour of patience',
      (response: ServerResponse) => response.writeHead(429, { 'retry-after': '3600' }).end(),
    ],
  ])('that %s is given up at its limit', async (_, answer) => {
    const { ms, error } = await refusal(answer)
    expect(error).toBeInstanceOf(Error)
    expect(ms).toBeLessThan(5000)
  })
})
