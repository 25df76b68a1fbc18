import type { HttpClient, HttpMethods, PipelineResponse } from '@azure/core-rest-pipeline'
import type { XmlElement } from '../upstream/xml-shape.ts'
import type { TokenSource } from './store.ts'

export interface WormBlobsOptions {
  /** Address of the account, https. */
  readonly url: string
  readonly container: string
  readonly credential: TokenSource
  /** Reads the listings. Throws where a document is not plain XML. */
  readonly parseXml: (text: string) => XmlElement | Promise<XmlElement>
  /** Milliseconds for one request, its answer's body included. */
  readonly timeout?: number
  /** How requests are sent; over Node's own https unless given. */
  readonly client?: HttpClient
}

/** What was read of a blob. */
export interface BlobPart {
  readonly bytes: Uint8Array
  /** Blocks that were appended; 0 for a blob of another kind. */
  readonly blocks: number
  /** When it was written last, as HTTP says it; empty where the store does not. */
  readonly modified: string
}

/** One container of insert-only blobs. Everything rejects with Error where the store did not answer as it should. */
export interface WormBlobs {
  /** Adds a block blob; false where the name is taken. */
  readonly put: (name: string, bytes: Uint8Array) => Promise<boolean>
  /** Adds an empty append blob; false where the name is taken. */
  readonly create: (name: string) => Promise<boolean>
  /** Appends one block at exactly this length; false where the blob has another. */
  readonly append: (name: string, at: number, bytes: Uint8Array) => Promise<boolean>
  /** The bytes from `from` on; null where there is no such blob, or it is not longer than `from`. */
  readonly read: (name: string, from?: number) => Promise<BlobPart | null>
  /** Names below a prefix in order, up to a slash where `folders` is set: then those end with it. */
  readonly list: (prefix: string, folders?: boolean) => Promise<readonly string[]>
}

const version = '2024-11-04'
const scope = 'https://storage.azure.com/.default'
const defaultTimeout = 30_000
const maxPages = 10_000

interface Asked {
  readonly method: HttpMethods
  readonly name: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Statuses that are an answer; all others reject. */
  readonly expected: readonly number[]
}

type Send = (asked: Asked) => Promise<PipelineResponse>

/**
 * A container of Azure Blob Storage by its REST API (version 2024-11-04), in the pipeline that the other Azure clients
 * use, without retries: an append that is sent again after its reply was lost would be refused as somebody else's.
 */
export function openWormBlobs(options: WormBlobsOptions): WormBlobs {
  let opened: Promise<Send> | undefined
  const send: Send = async (asked) => {
    opened ??= openPipeline(options)
    opened.catch(() => {
      opened = undefined
    })
    return (await opened)(asked)
  }
  const insert = async (name: string, type: string, body?: Uint8Array) => {
    const headers = { 'if-none-match': '*', 'x-ms-blob-type': type }
    const given = body === undefined ? {} : { body }
    const { status } = await send({ method: 'PUT', name, headers, ...given, expected: [201, 409, 412] })
    return status === 201
  }
  return {
    put: (name, bytes) => insert(name, 'BlockBlob', bytes),
    create: (name) => insert(name, 'AppendBlob'),
    async append(name, at, body) {
      const headers = { 'x-ms-blob-condition-appendpos': String(at) }
      const asked = { method: 'PUT', name, query: { comp: 'appendblock' }, headers, body } as const
      return (await send({ ...asked, expected: [201, 412] })).status === 201
    },
    read: (name, from = 0) => readBlob(send, name, from),
    list: (prefix, folders = false) => listNames({ send, parseXml: options.parseXml }, prefix, folders),
  }
}

async function openPipeline(options: WormBlobsOptions): Promise<Send> {
  const sdk = await import('../azure-rest.ts')
  const { url, container, credential, client = sdk.createDefaultHttpClient(), timeout = defaultTimeout } = options
  const pipeline = sdk.createEmptyPipeline()
  pipeline.addPolicy(sdk.bearerTokenAuthenticationPolicy({ credential, scopes: scope }))
  return async ({ method, name, query = {}, headers = {}, body, expected }) => {
    const request = sdk.createPipelineRequest({
      method,
      url: addressOf(`${url.replace(/\/$/, '')}/${container}`, name, query),
      headers: sdk.createHttpHeaders({ ...headers, 'x-ms-version': version, 'content-length': body?.length ?? 0 }),
      // Covers the body of the answer too, as the pipeline's own limit does not.
      abortSignal: AbortSignal.timeout(timeout),
      streamResponseStatusCodes: new Set(method === 'GET' && name !== '' ? [200, 206] : []),
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    })
    const answer = await pipeline.sendRequest(client, request)
    if (!expected.includes(answer.status)) throw new Error(describe(answer))
    return answer
  }
}

function addressOf(container: string, name: string, query: Readonly<Record<string, string>>): string {
  const path = name === '' ? '' : `/${name.split('/').map(encodeURIComponent).join('/')}`
  const text = new URLSearchParams(query).toString()
  return `${container}${path}${text === '' ? '' : `?${text}`}`
}

function describe({ status, headers }: PipelineResponse): string {
  return `the store answered ${status} ${headers.get('x-ms-error-code') ?? ''}`.trim()
}

async function readBlob(send: Send, name: string, from: number): Promise<BlobPart | null> {
  const headers: Record<string, string> = from === 0 ? {} : { 'x-ms-range': `bytes=${from}-` }
  const answer = await send({ method: 'GET', name, headers, expected: [200, 206, 404, 416] })
  if (answer.status >= 400) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.readableStreamBody ?? []) chunks.push(chunk as Uint8Array)
  const bytes = Buffer.concat(chunks)
  // A body that was cut short must not read as the end of the log.
  if (bytes.length !== Number(answer.headers.get('content-length'))) throw new Error('the answer was cut short')
  // A server that knows no ranges gives the whole.
  if (from > 0 && answer.status === 200) throw new Error('the store gave another range')
  const blocks = Number(answer.headers.get('x-ms-blob-committed-block-count') ?? 0)
  return { bytes, blocks, modified: answer.headers.get('last-modified') ?? '' }
}

interface Listing {
  readonly send: Send
  readonly parseXml: WormBlobsOptions['parseXml']
}

async function listNames({ send, parseXml }: Listing, prefix: string, folders: boolean): Promise<readonly string[]> {
  const names: string[] = []
  const fixed = { restype: 'container', comp: 'list', prefix, ...(folders ? { delimiter: '/' } : {}) }
  let marker = ''
  for (let page = 0; page < maxPages; page++) {
    const query = marker === '' ? fixed : { ...fixed, marker }
    const answer = await send({ method: 'GET', name: '', query, expected: [200] })
    const root = await parseXml(answer.bodyAsText ?? '')
    for (const entry of childrenOf(root, 'Blobs')) names.push(textOf(entry, 'Name'))
    marker = textOf(root, 'NextMarker')
    if (marker === '') return names.sort()
  }
  throw new Error('the listing has no end')
}

function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.find((child) => child.name === name)?.children ?? []
}

function textOf(element: XmlElement, name: string): string {
  return element.children.find((child) => child.name === name)?.text ?? ''
}
