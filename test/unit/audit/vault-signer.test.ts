import { verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { noteKeyId } from '../../../shared/audit/checkpoint.ts'
import { createVaultSigner } from '../../../shared/audit/vault-signer.ts'
import { type Answer, makeRestVault, type RestVault } from '../../support/rest-vault.ts'

const text = Buffer.from('a checkpoint')
const note = { code: 'audit_unavailable' }

const signerOf = ({ options }: RestVault, timeout = 2000) => createVaultSigner({ ...options, name: 'anchor', timeout })

const busy: Answer = {
  status: 503,
  headers: { 'retry-after-ms': '1' },
  body: { error: { code: 'ServiceUnavailable' } },
}

describe('the signer', () => {
  it('signs so that the public half of the key verifies', async () => {
    const vault = makeRestVault()
    const signer = signerOf(vault)
    const { keyId, signature } = await signer.sign(text)
    const key = await signer.publicKey()
    expect(verify('sha256', text, key, signature)).toBe(true)
    expect(keyId).toEqual(noteKeyId(vault.versions[0]?.publicKey ?? key))
  })

  it('shows the vault nothing before the vault has said what token it wants', async () => {
    const vault = makeRestVault()
    await signerOf(vault).sign(text)
    expect(vault.seen.map(({ method, path, token }) => [method, path, token])).toEqual([
      ['GET', '/keys/anchor/', null],
      ['GET', '/keys/anchor/', 'Bearer token-1'],
      ['POST', '/keys/anchor/0001/sign', 'Bearer token-1'],
    ])
    expect(vault.asked).toMatchObject([
      { scopes: ['https://vault.example.net/.default'], tenantId: '7f0e6c1d', enableCae: true },
    ])
  })

  it('gives no token to whom stands in for the vault', async () => {
    const vault = makeRestVault({ resource: 'https://vault.azure.net' })
    await expect(signerOf(vault).publicKey()).rejects.toMatchObject(note)
    expect(vault.asked).toEqual([])
  })

  it('answers a claims challenge with a token of those claims', async () => {
    const vault = makeRestVault()
    const signer = signerOf(vault)
    await signer.publicKey()
    const claims = '{"access_token":{"nbf":{"essential":true}}}'
    const challenge = `Bearer error="insufficient_claims", claims="${btoa(claims)}"`
    vault.plant({ status: 401, headers: { 'www-authenticate': challenge }, body: {} })
    await signer.sign(text)
    expect(vault.asked.at(-1)).toMatchObject({ scopes: ['https://vault.example.net/.default'], claims })
    expect(vault.seen.at(-1)).toMatchObject({ token: 'Bearer token-2' })
  })

  it('keeps to the version that was current at its first use', async () => {
    const vault = makeRestVault()
    const signer = signerOf(vault)
    const { keyId } = await signer.sign(text)
    vault.rotate()
    expect((await signer.sign(text)).keyId).toEqual(keyId)
    expect(vault.seen.at(-1)?.path).toBe('/keys/anchor/0001/sign')
    expect((await signerOf(vault).sign(text)).keyId).not.toEqual(keyId)
  })

  it('is asked of the vault that was set, wherever the id of the key points', async () => {
    const vault = makeRestVault({ idBase: 'https://elsewhere.example.net' })
    await signerOf(vault).sign(text)
    expect(vault.seen.map(({ host }) => host)).toEqual(Array(3).fill('audit.vault.example.net'))
  })

  it.each([
    ['may be exported', { attributes: { exportable: true } }],
    ['says of its export what is no answer', { attributes: { exportable: 'true' } }],
    ['is on another curve', { key: { crv: 'P-384' } }],
    ['is no EC key', { key: { crv: undefined, kty: 'RSA' } }],
    ['has no point', { key: { x: undefined } }],
    ['has a point that is not on the curve', { key: { x: Buffer.alloc(32, 1).toString('base64url') } }],
    ['has no id', { key: { kid: undefined } }],
    ['has no version', { key: { kid: 'https://audit.vault.example.net/keys/anchor' } }],
    ['has a version that is a path', { key: { kid: 'https://audit.vault.example.net/keys/anchor/../x' } }],
  ])('refuses a key that %s', async (_what, change) => {
    const vault = makeRestVault({ change })
    await expect(signerOf(vault).publicKey()).rejects.toMatchObject(note)
    await expect(signerOf(vault).sign(text)).rejects.toMatchObject(note)
    expect(vault.seen.filter(({ method }) => method === 'POST')).toEqual([])
  })

  it.each([
    ['no signature', {}],
    ['a signature of another length', { value: Buffer.alloc(63).toString('base64url') }],
  ])('refuses %s', async (_what, body) => {
    const vault = makeRestVault()
    const signer = signerOf(vault)
    await signer.publicKey()
    vault.plant({ status: 200, body })
    await expect(signer.sign(text)).rejects.toMatchObject(note)
  })

  it('says by which of its words the vault refused', async () => {
    const vault = makeRestVault()
    const signer = signerOf(vault)
    await signer.publicKey()
    vault.plant({ status: 403, body: { error: { code: 'Forbidden', innererror: { code: 'KeyDisabled' } } } })
    const reason = expect.stringContaining('403 Forbidden KeyDisabled')
    await expect(signer.sign(text)).rejects.toMatchObject({ ...note, reason })
  })

  it('asks a busy vault again', async () => {
    const vault = makeRestVault()
    vault.plant(busy)
    const signer = signerOf(vault)
    await signer.publicKey()
    vault.plant(busy)
    expect((await signer.sign(text)).signature.length).toBeGreaterThan(60)
  })

  it('opens the key at the next use where it could not at this', async () => {
    const vault = makeRestVault()
    const signer = signerOf(vault)
    vault.plant({ status: 403, body: {} })
    await expect(signer.publicKey()).rejects.toMatchObject(note)
    expect((await signer.publicKey()).asymmetricKeyType).toBe('ec')
  })

  it.each(['open', 'sign'] as const)('gives up where the vault is silent when it should %s', async (when) => {
    const vault = makeRestVault()
    const signer = signerOf(vault, 50)
    if (when === 'sign') await signer.publicKey()
    vault.plant('silence')
    await expect(signer.sign(text)).rejects.toMatchObject(note)
  })
})
