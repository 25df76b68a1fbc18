import { X509Certificate } from 'node:crypto'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Certificates, makeAuthority, makeCertificates } from '../../../infra/local/tls/certificates.ts'

const hosts = ['127.0.0.1', 'localhost', 'countersign.vault.localhost', '::1']

/** Status of a verified request by that name, or the TLS error's code. */
async function connectAs(certificates: Certificates, servername: string): Promise<number | string> {
  const server = createServer({ cert: certificates.cert, key: certificates.key }, (_in, out) => out.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const options = { host: '127.0.0.1', port, ca: certificates.ca, agent: false, ...(servername ? { servername } : {}) }
  const outcome = await new Promise<number | string>((resolve) => {
    const request = get(options, (response) => resolve(response.resume().statusCode ?? 0))
    request.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`))
  })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return outcome
}

describe('certificates of the embedded stack', () => {
  it.each(['localhost', 'countersign.vault.localhost', ''])(
    'are believed by a client that asks for "%s"',
    async (name) => {
      expect(await connectAs(await makeCertificates(hosts), name)).toBe(200)
    },
  )

  it('are not believed for a host that was not named', async () => {
    expect(await connectAs(await makeCertificates(hosts), 'login.microsoftonline.com')).toMatch(
      /^ERR_TLS_CERT_ALTNAME_INVALID/,
    )
  })

  it.each([
    ['a name outside the list', { permitted: hosts, named: 'login.microsoftonline.com' }],
    ['an address, where only names are listed', { permitted: ['localhost'], named: '127.0.0.1' }],
    ['a name, where only addresses are listed', { permitted: ['127.0.0.1'], named: 'localhost' }],
  ])('cannot vouch, even with the authority key, for %s', async (_what, { permitted, named }) => {
    const authority = await makeAuthority(permitted)
    const certificates = await authority.issue([named])
    const outcome = await connectAs(certificates, named === '127.0.0.1' ? '' : named)
    expect(outcome).toMatch(/permitted subtree violation|excluded subtree violation/)
  })

  it('are made by an authority that may not make further authorities, for a month', async () => {
    const { ca, cert } = await makeCertificates(hosts)
    const [root, server] = [new X509Certificate(ca), new X509Certificate(cert)]
    expect([root.ca, server.ca]).toEqual([true, false])
    expect(Date.parse(server.validTo) - Date.now()).toBeLessThanOrEqual(30 * 86_400_000)
    expect(server.verify(root.publicKey)).toBe(true)
  })
})
