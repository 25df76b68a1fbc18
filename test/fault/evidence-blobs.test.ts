import { generateKeyPairSync, sign } from 'node:crypto'
import type { HttpClient } from '@azure/core-rest-pipeline'
import { BlobServiceClient, type ContainerClient, RestError } from '@azure/storage-blob'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { managementAudience } from '../../infra/local/evidence/resource-manager.ts'
import { openAnchorWriter } from '../../shared/audit/anchor-log.ts'
import { createArmImmutability } from '../../shared/audit/arm-immutability.ts'
import { noteKeyId } from '../../shared/audit/checkpoint.ts'
import { openAnchorLog } from '../../shared/audit/verify-anchor-log.ts'
import { openWormBlobs, type WormBlobs } from '../../shared/audit/worm-blobs.ts'
import { createWormEvidence, type WormEvidence } from '../../shared/audit/worm-evidence.ts'
import { createWormReports } from '../../shared/audit/worm-reports.ts'
import { type EvidenceWorld, type IdentityName, openEvidenceWorld } from '../support/evidence-account.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const origin = 'audit.test/evidence'
const facts = { kind: 'heads', heads: [] } as const
const locked = { state: 'Locked', days: 400, allowProtectedAppendWrites: true } as const
const still = { ...locked, allowProtectedAppendWrites: false }
const logs = Array.from({ length: 60 }, (_, index) => `log-${index}`)

let world: EvidenceWorld
let container = ''
let count = 0

beforeAll(async () => {
  const fresh = Object.fromEntries(logs.map((name) => [name, locked]))
  const expired = { ...locked, days: 0 }
  const open = { ...locked, state: 'Unlocked' } as const
  world = await openEvidenceWorld({ evidence: locked, reports: locked, still, expired, open, ...fresh })
}, 60_000)

afterAll(() => world?.stop())

beforeEach(() => {
  container = logs[count++] ?? ''
})

/** The unmodified client library with the account's key, at the front unless told otherwise. */
function keyed(name = container, connection = world.account.connectionString): ContainerClient {
  const settings = { tlsOptions: { ca: world.ca }, retryOptions: { maxTries: 1 } }
  return BlobServiceClient.fromConnectionString(connection, settings).getContainerClient(name)
}

const store = (blocksPerFile = 40_000) => createWormEvidence({ ...world.as('sealer', container), blocksPerFile })
const open = (blobs = store()) =>
  openAnchorWriter({
    ...{ store: blobs, origin, clock: Date.now },
    sign: async (text) => ({ keyId: noteKeyId(publicKey), signature: sign('sha256', text, privateKey) }),
  })
const lineOf = (number: number) => `{"line":${number}}`

describe('the evidence store', () => {
  it('gives back the log and its newest checkpoint as they were written', async () => {
    const writer = await open()
    for (let round = 0; round < 3; round++) expect(await writer.append([facts, facts])).toBe(true)
    const reader = store()
    const note = await reader.readCheckpoint()
    const opened = openAnchorLog({ lines: await reader.readLines(), note: note ?? '', origin, publicKey })
    expect(opened).toMatchObject({ ok: true, book: { checkpoint: { size: 6 } } })
  })

  it('goes on in the next file where one is full', async () => {
    const blobs = store(2)
    const writer = await open(blobs)
    for (let round = 0; round < 5; round++) expect(await writer.append([facts])).toBe(true)
    const names = []
    for await (const { name } of keyed().listBlobsFlat({ prefix: 'anchors/' })) names.push(name)
    expect(names).toEqual(['anchors/000001.ndjson', 'anchors/000002.ndjson', 'anchors/000003.ndjson'])
    expect(await store(2).readLines()).toHaveLength(5)
  })

  it.each([1, 40_000])('lets one of two sealers append, files of %i blocks', async (blocks) => {
    const [one, two] = await Promise.all([open(store(blocks)), open(store(blocks))])
    expect((await Promise.all([one.append([facts]), two.append([facts])])).sort()).toEqual([false, true])
    const again = await open(store(blocks))
    expect([again.size(), await again.append([facts])]).toEqual([1, true])
  })

  it('keeps a segment once, and refuses other bytes under its name', async () => {
    const blobs = store()
    await blobs.putSegment('L01|000001', Buffer.from('{"a":1}\n'))
    await blobs.putSegment('L01|000001', Buffer.from('{"a":1}\n'))
    const other = blobs.putSegment('L01|000001', Buffer.from('{"a":2}\n'))
    await expect(other).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(Buffer.from((await blobs.readSegment('L01|000001')) ?? []).toString()).toBe('{"a":1}\n')
    expect(await blobs.readSegment('L01|000002')).toBeNull()
  })

  it('never writes a checkpoint or a time stamp twice', async () => {
    const blobs = store()
    await blobs.putCheckpoint(7, 'first')
    await blobs.putCheckpoint(7, 'second')
    expect([await blobs.readCheckpoint(), await blobs.readCheckpoint(7)]).toEqual(['first', 'first'])
    await blobs.putTimeToken(7, Buffer.from('one'))
    await blobs.putTimeToken(7, Buffer.from('two'))
    expect(Buffer.from((await blobs.readTimeToken(7)) ?? []).toString()).toBe('one')
  })

  it('finds the newest checkpoint among thousands, and none where there is none', async () => {
    const blobs = store()
    expect([await blobs.readCheckpoint(), await blobs.readCheckpoint(9)]).toEqual([null, null])
    for (const size of [9, 998, 1000]) await blobs.putCheckpoint(size, `size ${size}`)
    expect(await blobs.readCheckpoint()).toBe('size 1000')
  })

  it('says audit_unavailable where it cannot be had', async () => {
    const away = createWormEvidence(world.as('sealer', 'not-there'))
    await expect(away.putCheckpoint(1, 'x')).rejects.toMatchObject({ code: 'audit_unavailable' })
  })
})

/** Counts requests; `lose` throws a reply away after the store has acted. */
function tap(lose: (url: string) => boolean = () => false) {
  const asked: { url: string; range: string | undefined }[] = []
  const client: HttpClient = {
    async sendRequest(request) {
      asked.push({ url: request.url, range: request.headers.get('x-ms-range') })
      const answer = await world.client.sendRequest(request)
      if (lose(request.url)) throw new Error('the connection was reset')
      return answer
    },
  }
  return { asked, blobs: (): WormEvidence => createWormEvidence({ ...world.as('sealer', container), client }) }
}

describe('reading the log', () => {
  it('reads only what is new, across files', async () => {
    const writer = store(2)
    const { asked, blobs } = tap()
    const reader = blobs()
    await writer.appendLines(0, [lineOf(0), lineOf(1)])
    expect(await reader.readLines(0)).toEqual([lineOf(0), lineOf(1)])
    for (let at = 2; at < 6; at++) await writer.appendLines(at, [lineOf(at)])
    asked.length = 0
    expect(await reader.readLines(2)).toEqual([2, 3, 4, 5].map(lineOf))
    expect(asked[0]).toMatchObject({ range: `bytes=${2 * (lineOf(0).length + 1) - 1}-` })
    asked.length = 0
    expect(await reader.readLines(6)).toEqual([])
    expect(asked).toHaveLength(2)
  })

  it('reads everything anew for who knows less', async () => {
    const blobs = store()
    await blobs.appendLines(0, [lineOf(0), lineOf(1)])
    expect(await blobs.readLines(1)).toEqual([lineOf(1)])
    expect(await blobs.readLines()).toEqual([lineOf(0), lineOf(1)])
  })

  it('refuses a log that is shorter than it was', async () => {
    const blobs = store()
    await blobs.appendLines(0, [lineOf(0), lineOf(1)])
    const file = keyed(container, world.behind).getAppendBlobClient('anchors/000001.ndjson')
    await file.create()
    await file.appendBlock(`${lineOf(0)}\n`, lineOf(0).length + 1)
    await expect(blobs.readLines(2)).rejects.toMatchObject({ code: 'audit_unavailable' })
  })

  it('finds what it appended itself where the reply was lost, and never appends it twice', async () => {
    let loses = true
    const { blobs } = tap((url) => loses && url.includes('appendblock'))
    const writer = blobs()
    await expect(writer.appendLines(0, [lineOf(0)])).rejects.toMatchObject({ code: 'audit_unavailable' })
    loses = false
    expect(await writer.appendLines(0, [lineOf(0)])).toBe(false)
    expect(await writer.readLines(0)).toEqual([lineOf(0)])
    expect(await writer.appendLines(1, [lineOf(1)])).toBe(true)
    expect(await store().readLines()).toEqual([lineOf(0), lineOf(1)])
  })
})

describe('the store of reports', () => {
  it('keeps each file once, lists them, and says what is not there', async () => {
    const reports = createWormReports(world.as('verifier', 'reports'))
    const bytes = Buffer.from([0, 255, 128, 10])
    await reports.put('2026-11-22/report.json', bytes)
    await reports.put('2026-11-22/report.json', bytes)
    await expect(reports.put('2026-11-22/report.json', Buffer.from('other'))).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
    await reports.put('2026-11-21/report.json', bytes)
    expect(Buffer.from((await reports.read('2026-11-22/report.json')) ?? [])).toEqual(bytes)
    expect(await reports.read('2026-11-20/report.json')).toBeNull()
    expect(await reports.list('2026-11-2')).toEqual(['2026-11-21/report.json', '2026-11-22/report.json'])
  })
})

/** Status and code of what the client library throws; null where it is done. */
async function failureOf(doing: Promise<unknown>): Promise<readonly unknown[] | null> {
  return doing.then(
    () => null,
    (error: unknown) => {
      if (error instanceof RestError) return [error.statusCode, error.code]
      throw error
    },
  )
}

const kept = [409, 'BlobImmutableDueToPolicy']
const text = 'text'

describe('immutable storage, to who holds the account’s key', () => {
  const changes: [string, (at: ContainerClient) => Promise<unknown>][] = [
    ['overwriting a blob', (at) => at.getBlockBlobClient('block').upload('other', 5)],
    ['removing a blob', (at) => at.deleteBlob('block')],
    ['changing its metadata', (at) => at.getBlobClient('block').setMetadata({ a: 'b' })],
    ['changing its properties', (at) => at.getBlobClient('block').setHTTPHeaders({ blobContentType: 'x/y' })],
    ['a snapshot', (at) => at.getBlobClient('block').createSnapshot()],
    ['staging blocks for it', (at) => at.getBlockBlobClient('block').stageBlock('AAAA', text, text.length)],
    ['committing blocks for it', (at) => at.getBlockBlobClient('block').commitBlockList([])],
    ['beginning an append blob anew', (at) => at.getAppendBlobClient('append').create()],
    ['removing an append blob', (at) => at.deleteBlob('append')],
    ['appending to a block blob', (at) => at.getAppendBlobClient('block').appendBlock(text, text.length)],
  ]
  it.each(changes)('forbids %s', async (_, change) => {
    const at = keyed()
    await at.getBlockBlobClient('block').upload(text, text.length)
    await at.getAppendBlobClient('append').create()
    expect(await failureOf(change(at))).toEqual(kept)
    expect((await at.getBlobClient('block').downloadToBuffer()).toString()).toBe(text)
  })

  it('lets append blobs grow only where the policy says so', async () => {
    for (const [name, expected] of [[container, null] as const, ['still', kept] as const]) {
      const blob = keyed(name).getAppendBlobClient('log')
      await blob.create()
      expect(await failureOf(blob.appendBlock(text, text.length))).toEqual(expected)
    }
  })

  it('keeps the container', async () => {
    expect(await failureOf(keyed().delete())).toEqual([409, 'ContainerImmutabilityPolicyLocked'])
  })

  it('lets go of what is older than the policy, and lets nobody overwrite it', async () => {
    const blob = keyed('expired').getBlockBlobClient('old')
    await blob.upload(text, text.length)
    expect(await failureOf(blob.upload('other', 5))).toEqual(kept)
    expect(await failureOf(blob.delete())).toBeNull()
  })

  it('lets one of many win a name', async () => {
    const blob = keyed().getBlockBlobClient('race')
    const tries = Array.from({ length: 6 }, (_, index) => failureOf(blob.upload(`${index}`, 1)))
    const done = (await Promise.all(tries)).filter((failure) => failure === null)
    expect(done).toHaveLength(1)
  })

  it('judges the address that is sent on, not another', async () => {
    const blobs = openWormBlobs(world.as('sealer', 'evidence'))
    await expect(blobs.put('../../devstoreaccount1/evidence/x', Buffer.from(text))).rejects.toThrow('403')
  })
})

describe('an identity of the deployment', () => {
  const put = (blobs: WormBlobs) => blobs.put(`made-${++count}`, Buffer.from(text))
  const append = async (blobs: WormBlobs) => blobs.append('log', 0, Buffer.from(text))
  const read = (blobs: WormBlobs) => blobs.read('there')
  const list = (blobs: WormBlobs) => blobs.list('')

  beforeAll(async () => {
    for (const name of ['evidence', 'reports']) {
      await keyed(name).getBlockBlobClient('there').upload(text, text.length)
      await keyed(name).getAppendBlobClient('log').create()
    }
  })

  const roles: [IdentityName, string, Record<'read' | 'list' | 'put' | 'append', boolean>][] = [
    ['gateway', 'evidence', { read: true, list: true, put: false, append: false }],
    ['gateway', 'reports', { read: true, list: true, put: false, append: false }],
    ['sealer', 'evidence', { read: true, list: true, put: true, append: true }],
    ['sealer', 'reports', { read: false, list: false, put: false, append: false }],
    ['verifier', 'evidence', { read: true, list: true, put: false, append: false }],
    ['verifier', 'reports', { read: true, list: true, put: true, append: false }],
    ['nobody', 'evidence', { read: false, list: false, put: false, append: false }],
  ]
  it.each(roles)('%s may do in %s what its role says', async (who, name, expected) => {
    const blobs = openWormBlobs(world.as(who, name))
    for (const [what, doing] of Object.entries({ read, list, put, append })) {
      const done = await doing(blobs).then(
        () => true,
        (error: Error) => (error.message.includes('403 AuthorizationPermissionMismatch') ? false : error.message),
      )
      expect([what, done]).toEqual([what, expected[what as keyof typeof expected]])
    }
  })

  it('of no name is told where tokens come from', async () => {
    const wrong = { getToken: async () => ({ token: 'a.b.c', expiresOnTimestamp: Date.now() + 3_600_000 }) }
    const blobs = openWormBlobs({ ...world.as('sealer'), credential: wrong })
    await expect(blobs.read('there')).rejects.toThrow('401 InvalidAuthenticationInfo')
  })

  it('with another key is not let in', async () => {
    const forged = world.account.connectionString.replace(/AccountKey=[^;]{8}/, 'AccountKey=AAAAAAAA')
    const failure = await failureOf(keyed('evidence', forged).getBlobClient('there').downloadToBuffer())
    expect(failure?.[0]).toBeGreaterThanOrEqual(400)
  })
})

describe('the policy, read back', () => {
  const read = (who: IdentityName, name: string, accountId = world.account.accountId) =>
    createArmImmutability({
      ...{ url: world.account.resourceManager, audience: managementAudience, accountId, client: world.client },
      credential: world.credential(who, managementAudience),
    })(name)

  it.each([
    ['evidence', 'locked', 400, true],
    ['still', 'locked', 400, false],
    ['open', 'unlocked', 400, true],
    ['expired', 'absent', null, true],
    ['not-there', 'unknown', null, false],
  ] as const)('of %s is %s', async (name, ...rest) => {
    const [state, days, allowsAppends] = rest
    expect(await read('sealer', name)).toEqual({ container: name, state, days, allowsAppends })
  })

  it.each([
    ['an identity that may not', () => read('gateway', 'evidence')],
    ['another account', () => read('sealer', 'evidence', `${world.account.accountId}x`)],
  ])('is unknown to %s', async (_, ask) => {
    expect((await ask()).state).toBe('unknown')
  })

  it('is unknown where nobody answers', async () => {
    const refused: HttpClient = { sendRequest: () => Promise.reject(new Error('refused')) }
    const credential = world.credential('sealer', managementAudience)
    const place = { url: 'https://127.0.0.1:1', audience: managementAudience, accountId: world.account.accountId }
    expect(await createArmImmutability({ ...place, credential, client: refused })('evidence')).toMatchObject({
      state: 'unknown',
    })
  })
})
