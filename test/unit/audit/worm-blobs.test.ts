import { Readable } from 'node:stream'
import { createHttpHeaders, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline'
import { describe, expect, it } from 'vitest'
import { openWormBlobs } from '../../../shared/audit/worm-blobs.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'

interface Reply {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A store that gives these answers, one after the other. */
function answering(...replies: readonly Reply[]) {
  const asked: PipelineRequest[] = []
  const client: HttpClient = {
    async sendRequest(request) {
      const { status, headers = {}, body = '' } = replies[asked.push(request) - 1] ?? { status: 500 }
      const isStream = request.streamResponseStatusCodes?.has(status) === true
      const content = isStream ? { readableStreamBody: Readable.from([Buffer.from(body)]) } : { bodyAsText: body }
      return { request, status, headers: createHttpHeaders(headers), ...content }
    },
  }
  return { asked, blobs: open(client) }
}

function open(client: HttpClient, timeout = 1000) {
  const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) }
  return openWormBlobs({ url: 'https://store.example', container: 'c', credential, parseXml, client, timeout })
}

const length = (text: string) => ({ 'content-length': String(text.length) })

describe('a blob that is read', () => {
  it('whose answer was cut short is not taken for its end', async () => {
    const { blobs } = answering({ status: 200, headers: { 'content-length': '9' }, body: 'short' })
    await expect(blobs.read('a')).rejects.toThrow('cut short')
  })

  it('from a place on is not taken as a whole', async () => {
    const { asked, blobs } = answering({ status: 200, headers: length('whole'), body: 'whole' })
    await expect(blobs.read('a', 3)).rejects.toThrow('another range')
    expect(asked[0]?.headers.get('x-ms-range')).toBe('bytes=3-')
  })

  it('is nothing where it is not there, or not longer', async () => {
    const { blobs } = answering({ status: 404 }, { status: 416 })
    expect([await blobs.read('a'), await blobs.read('a', 5)]).toEqual([null, null])
  })
})

describe('a store of blobs', () => {
  it.each([403, 409, 500, 503])('that answers an append with %i has not appended', async (status) => {
    const { asked, blobs } = answering({ status, headers: { 'x-ms-error-code': 'Code' } })
    await expect(blobs.append('a', 7, Buffer.from('x'))).rejects.toThrow(`${status} Code`)
    expect(asked).toHaveLength(1)
    expect(asked[0]?.headers.get('x-ms-blob-condition-appendpos')).toBe('7')
  })

  it.each([409, 412])('that answers an insert with %i has the name already', async (status) => {
    const { asked, blobs } = answering({ status })
    expect(await blobs.put('a', Buffer.from('x'))).toBe(false)
    expect(asked[0]?.headers.get('if-none-match')).toBe('*')
  })

  it('that hangs is given up', async () => {
    const hangs: HttpClient = {
      sendRequest: ({ abortSignal }) =>
        new Promise((_, reject) => abortSignal?.addEventListener('abort', () => reject(new Error('aborted')))),
    }
    await expect(open(hangs, 20).read('a')).rejects.toThrow('aborted')
  })

  it('is listed to its last page', async () => {
    const page = (names: readonly string[], marker: string) =>
      `<EnumerationResults><Blobs>${names.map((name) => `<Blob><Name>${name}</Name></Blob>`).join('')}</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`
    const { asked, blobs } = answering(
      { status: 200, body: page(['a/1', 'a/2'], 'more') },
      { status: 200, body: page(['a/3'], '') },
    )
    expect(await blobs.list('a/')).toEqual(['a/1', 'a/2', 'a/3'])
    expect(asked.map(({ url }) => new URL(url).searchParams.get('marker'))).toEqual([null, 'more'])
  })

  it('writes names as they are', async () => {
    const { asked, blobs } = answering({ status: 201 })
    await blobs.put('2026/a b?#%', Buffer.from('x'))
    expect(asked[0]?.url).toBe('https://store.example/c/2026/a%20b%3F%23%25')
  })
})
