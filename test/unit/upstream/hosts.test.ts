import { describe, expect, it } from 'vitest'
import { checkBaseUrl, checkHost } from '../../../shared/upstream/hosts.ts'

describe('base URL', () => {
  it.each([
    ['https://orders.contoso.example/v1', []],
    ['https://a.api.contoso.example', ['.contoso.example']],
    ['https://contoso.example', ['contoso.example']],
    ['https://8.8.8.8/', []],
    ['https://172.32.0.1/', []],
  ])('%s is allowed under %j', (url, suffixes) => {
    expect(checkBaseUrl(url, suffixes, false)).toBeNull()
  })

  it.each([
    ['nonsense', 'not_a_url'],
    ['http://orders.contoso.example', 'scheme'],
    ['ftp://orders.contoso.example', 'scheme'],
    ['https://user:pass@orders.contoso.example', 'credentials'],
    ['https://orders.contoso.example/?a=1', 'query'],
    ['https://orders.contoso.example/#x', 'query'],
    ['https://localhost/', 'private_address'],
    ['https://a.localhost/', 'private_address'],
    ['https://127.0.0.1/', 'private_address'],
    ['https://127.1/', 'private_address'],
    ['https://2130706433/', 'private_address'],
    ['https://0x7f.0.0.1/', 'private_address'],
    ['https://10.1.2.3/', 'private_address'],
    ['https://172.16.0.1/', 'private_address'],
    ['https://192.168.1.1/', 'private_address'],
    ['https://169.254.169.254/metadata', 'private_address'],
    ['https://168.63.129.16/', 'private_address'],
    ['https://100.100.100.200/', 'private_address'],
    ['https://[::1]/', 'private_address'],
    ['https://[::ffff:10.0.0.1]/', 'private_address'],
    ['https://[fe80::1]/', 'private_address'],
    ['https://metadata.google.internal/', 'private_address'],
    ['https://orders.contoso.example./', 'not_a_url'],
  ])('%s is refused as %s', (url, fault) => {
    expect(checkBaseUrl(url, [], false)).toBe(fault)
  })

  it.each(['https://evilcontoso.example', 'https://contoso.example.evil.example', 'https://example'])(
    '%s is not under contoso.example',
    (url) => {
      expect(checkBaseUrl(url, ['.contoso.example'], false)).toBe('host_not_allowed')
    },
  )

  it('may be loopback in development only, and no other private address', () => {
    expect(checkBaseUrl('http://127.0.0.1:8080/x', ['.contoso.example'], true)).toBeNull()
    expect(checkBaseUrl('http://169.254.169.254/', [], true)).toBe('scheme')
    expect(checkBaseUrl('https://10.0.0.1/', [], true)).toBe('private_address')
  })
})

describe('host of a database', () => {
  it.each([
    ['db.postgres.database.azure.com', null],
    ['db.evil.example', 'host_not_allowed'],
    ['10.0.0.4', 'private_address'],
    ['017700000001', 'private_address'],
    ['/var/run', 'not_a_url'],
    ['', 'not_a_url'],
  ])('%s gives %s', (host, fault) => {
    expect(checkHost(host, ['.postgres.database.azure.com'], false)).toBe(fault)
  })
})
