import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hostAccounts, isOwnResource } from '../../../shared/config/own-resources.ts'
import { parseSettings } from '../../../shared/config/settings.ts'

const sample = JSON.parse(readFileSync(new URL('../../../local.settings.sample.json', import.meta.url), 'utf8'))
const settings = parseSettings(sample.Values)
const local = {
  ...settings,
  COUNTERSIGN_AUDIT_TABLES_URL: 'https://127.0.0.1:1000/devstoreaccount1',
  COUNTERSIGN_EVIDENCE_BLOBS_URL: 'https://127.0.0.1:1001/devstoreaccount1',
}

describe("Countersign's own resources", () => {
  it.each([
    ['the evidence', 'https://countersignsample.blob.core.windows.net'],
    ['the evidence, in capitals', 'https://CountersignSample.blob.core.windows.net'],
    ['its read-only copy', 'https://countersignsample-secondary.blob.core.windows.net'],
    ['its private endpoint', 'https://countersignsample.privatelink.blob.core.windows.net'],
    ['its other zone', 'https://countersignsample.z12.blob.storage.azure.net'],
    ['its files as a data lake', 'https://countersignsample.dfs.core.windows.net'],
    ['the tables', 'https://countersignsample.table.core.windows.net'],
    ["the host's storage", 'https://hoststore.blob.core.windows.net'],
    ['the vault', 'https://countersign-sample.vault.azure.net'],
    ['the gateway itself', 'https://countersign.example.com/api'],
  ])('are never a target: %s', (_what, url) => {
    expect(isOwnResource(new URL(url), settings, ['hoststore'])).toBe(true)
  })

  it.each([
    'https://countersignsample2.blob.core.windows.net',
    'https://contoso.blob.core.windows.net',
    'https://countersignsample.example.com',
    'https://orders.example.com',
  ])('are not %s', (url) => {
    expect(isOwnResource(new URL(url), settings, ['hoststore'])).toBe(false)
  })

  it.each([
    ['https://127.0.0.1:1001/devstoreaccount1', true],
    ['https://127.0.0.1:9999/devstoreaccount1', true],
    ['https://127.0.0.1:1001/contosofiles', false],
    ['https://127.0.0.1:2000', false],
  ])('on this machine are told by the account: %s', (url, own) => {
    expect(isOwnResource(new URL(url), local, [])).toBe(own)
  })

  it.each([
    [{ AzureWebJobsStorage: 'DefaultEndpointsProtocol=https;AccountName=HostStore;AccountKey=x' }, ['hoststore']],
    [{ AzureWebJobsStorage__accountName: 'hoststore' }, ['hoststore']],
    [{ AzureWebJobsStorage__blobServiceUri: 'https://hoststore.blob.core.windows.net' }, ['hoststore']],
    [
      { AzureWebJobsStorage: 'BlobEndpoint=https://hoststore.blob.core.windows.net/;SharedAccessSignature=sv=1' },
      ['hoststore'],
    ],
    [{ WEBSITE_CONTENTAZUREFILECONNECTIONSTRING: 'AccountName=codestore;AccountKey=x' }, ['codestore']],
    [{ DEPLOYMENT_STORAGE_CONNECTION_STRING: 'AccountName=codestore;AccountKey=x' }, ['codestore']],
    [{ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }, []],
    [{}, []],
  ])('include the storage of the host as %j names it', (environment, accounts) => {
    expect(hostAccounts(environment)).toEqual(accounts)
  })
})
