import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { BlobServiceClient } from '@azure/storage-blob'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openAnchorWriter } from '../../shared/audit/anchor-log.ts'
import { noteKeyId } from '../../shared/audit/checkpoint.ts'
import { openAnchorLog } from '../../shared/audit/verify-anchor-log.ts'
import { createWormEvidence } from '../../shared/audit/worm-evidence.ts'

const account = 'devstoreaccount1'
// Azurite's published development key.
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const origin = 'audit.test/evidence'
const facts = { kind: 'heads', heads: [] } as const

let server: ChildProcess
let connectionString: string
let container = ''
let count = 0

beforeAll(async () => {
  const port = await freePort()
  const main = fileURLToPath(new URL('../../node_modules/azurite/dist/src/blob/main.js', import.meta.url))
  const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--inMemoryPersistence']
  const place = ['--blobHost', '127.0.0.1', '--blobPort', String(port)]
  server = spawn(process.execPath, [main, ...flags, ...place], { stdio: 'ignore' })
  const endpoint = `BlobEndpoint=http://127.0.0.1:${port}/${account};`
  connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};${endpoint}`
  await untilListening(`http://127.0.0.1:${port}/`)
}, 60_000)

afterAll(async () => {
  server.kill('SIGINT')
  await once(server, 'exit')
})

beforeEach(async () => {
  container = `evidence-${++count}`
  await BlobServiceClient.fromConnectionString(connectionString).createContainer(container)
})

const store = (blocksPerFile = 40_000) =>
  createWormEvidence({ account: { connectionString }, container, blocksPerFile })
const open = (blobs = store()) =>
  openAnchorWriter({
    ...{ store: blobs, origin, clock: Date.now },
    sign: async (text) => ({ keyId: noteKeyId(publicKey), signature: sign('sha256', text, privateKey) }),
  })

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
    for await (const { name } of client().listBlobsFlat({ prefix: 'anchors/' })) names.push(name)
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
    await expect(blobs.putSegment('L01|000001', Buffer.from('{"a":2}\n'))).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
    const kept = await client().getBlockBlobClient('segments/L01-000001.ndjson').downloadToBuffer()
    expect(kept.toString()).toBe('{"a":1}\n')
  })

  it('never writes a checkpoint twice', async () => {
    const blobs = store()
    await blobs.putCheckpoint(7, 'first')
    await blobs.putCheckpoint(7, 'second')
    expect(await blobs.readCheckpoint()).toBe('first')
  })

  it('finds the newest checkpoint among thousands, and none where there is none', async () => {
    const blobs = store()
    expect(await blobs.readCheckpoint()).toBeNull()
    await blobs.appendLines(
      0,
      Array.from({ length: 2500 }, () => '{}'),
    )
    for (const size of [9, 998, 1000]) await blobs.putCheckpoint(size, `size ${size}`)
    expect(await blobs.readCheckpoint()).toBe('size 1000')
  })

  it('says audit_unavailable where it cannot be had', async () => {
    const away = createWormEvidence({ account: { connectionString }, container: 'not-there' })
    await expect(away.putCheckpoint(1, 'x')).rejects.toMatchObject({ code: 'audit_unavailable' })
  })
})

function client() {
  return BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function untilListening(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the blob server did not start')
}
