/** Looks into a running Node process by its inspector: memory after a collection, open handles, what its maps hold. */
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'undici'

/** What a process holds. Bytes; `maps` and `sets` count entries over all of them, `largest` the fullest maps. */
export interface Holdings {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly arrayBuffers: number
  readonly handles: Readonly<Record<string, number>>
  readonly maps: { readonly count: number; readonly entries: number; readonly largest: readonly number[] }
  readonly sets: { readonly count: number; readonly entries: number; readonly largest: readonly number[] }
}

export interface Inspector {
  /** After two full collections. */
  readonly measure: () => Promise<Holdings>
  readonly close: () => void
}

type Loose = Readonly<Record<string, unknown>>
type Send = (method: string, params?: Loose) => Promise<Loose>

/** Connects to the address that a process with `--inspect` has printed. */
export async function connectInspector(address: string): Promise<Inspector> {
  const socket = new WebSocket(address)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('the inspector does not answer')))
  })
  const waiting = new Map<number, { resolve: (value: Loose) => void; reject: (error: Error) => void }>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as { id?: number; result?: Loose; error?: Loose }
    const turn = waiting.get(id ?? 0)
    waiting.delete(id ?? 0)
    if (error === undefined) turn?.resolve(result ?? {})
    else turn?.reject(new Error(String(error.message)))
  })
  let last = 0
  const send: Send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      last += 1
      waiting.set(last, { resolve, reject })
      socket.send(JSON.stringify({ id: last, method, params }))
    })
  return { measure: () => measure(send), close: () => socket.close() }
}

async function measure(send: Send): Promise<Holdings> {
  for (let turn = 0; turn < 2; turn += 1) {
    await send('HeapProfiler.collectGarbage')
    await sleep(100)
  }
  const usage = (await evaluate(send, 'process.memoryUsage()')) as Omit<Holdings, 'handles' | 'maps' | 'sets'>
  const resources = (await evaluate(send, 'process.getActiveResourcesInfo()')) as readonly string[]
  const handles: Record<string, number> = {}
  for (const name of resources) handles[name] = (handles[name] ?? 0) + 1
  const maps = (await countEntries(send, 'Map.prototype')) as Holdings['maps']
  const sets = (await countEntries(send, 'Set.prototype')) as Holdings['sets']
  const { rss, heapUsed, external, arrayBuffers } = usage
  return { rss, heapUsed, external, arrayBuffers, handles, maps, sets }
}

async function evaluate(send: Send, expression: string): Promise<unknown> {
  const { result } = (await send('Runtime.evaluate', { expression, returnByValue: true })) as { result: Loose }
  return result.value
}

const count = `function () {
  const sizes = this.map((one) => { try { return one.size } catch { return 0 } })
  return {
    count: sizes.length,
    entries: sizes.reduce((sum, size) => sum + size, 0),
    largest: sizes.sort((a, b) => b - a).slice(0, 8),
  }
}`

async function countEntries(send: Send, prototype: string): Promise<unknown> {
  const group = { objectGroup: 'holdings' }
  const found = (await send('Runtime.evaluate', { expression: prototype, ...group })) as { result: Loose }
  const query = { prototypeObjectId: found.result.objectId, ...group }
  const { objects } = (await send('Runtime.queryObjects', query)) as { objects: Loose }
  const call = { objectId: objects.objectId, functionDeclaration: count, returnByValue: true }
  const { result } = (await send('Runtime.callFunctionOn', call)) as { result: Loose }
  await send('Runtime.releaseObjectGroup', group)
  return result.value
}
