import { describe, expect, it } from 'vitest'
import { readVaultChallenge } from '../../../shared/audit/vault-challenge.ts'

const vault = 'https://audit.vault.azure.net'

describe('the challenge of a vault', () => {
  it.each([
    ['public', vault, 'https://vault.azure.net'],
    ['China', 'https://audit.vault.azure.cn', 'https://vault.azure.cn'],
    ['United States government', 'https://audit.vault.usgovcloudapi.net/', 'https://vault.usgovcloudapi.net'],
    ['managed HSM', 'https://audit.managedhsm.azure.net', 'https://managedhsm.azure.net'],
  ])('names the scope and the tenant of the %s cloud', (_cloud, url, resource) => {
    const header = `Bearer authorization="https://login.example/7f0e6c1d", resource="${resource}"`
    expect(readVaultChallenge(header, url)).toEqual({ scope: `${resource}/.default`, tenantId: '7f0e6c1d' })
  })

  it('may name a scope instead of a resource, and no tenant', () => {
    const header = 'Bearer authorization="https://login.example", scope="https://vault.azure.net/.default"'
    expect(readVaultChallenge(header, vault)).toEqual({ scope: 'https://vault.azure.net/.default' })
  })

  it.each([
    ['nothing', ''],
    ['no resource', 'Bearer authorization="https://login.example/7f0e6c1d"'],
    ['a resource that is no address', 'Bearer resource="vault"'],
    ['a resource without a host', 'Bearer resource="https://"'],
    ['a resource without TLS', 'Bearer resource="http://vault.azure.net"'],
    ['another cloud', 'Bearer resource="https://vault.azure.cn"'],
    ['a service that is no vault', 'Bearer resource="https://storage.azure.com"'],
    ['the vault itself', `Bearer resource="${vault}"`],
    ['the end of its name alone', 'Bearer resource="https://ault.azure.net"'],
    ['a host behind a user name', 'Bearer resource="https://vault.azure.net@elsewhere.example"'],
  ])('is refused where it names %s', (_what, header) => {
    expect(() => readVaultChallenge(header, vault)).toThrow(Error)
  })
})
