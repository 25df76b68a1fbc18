import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'undici'

/** One page of a headless Chromium, driven over the DevTools protocol. */
export interface Page {
  readonly open: (url: string) => Promise<void>
  /** The value of an expression in the page; rejects with what it threw. */
  readonly evaluate: <T>(expression: string) => Promise<T>
  /** Waits, ten seconds at most, until the expression is true. */
  readonly until: (expression: string) => Promise<void>
  /** Writes a PNG of the whole page. */
  readonly screenshot: (path: string) => Promise<void>
  /** Console errors and violated policies so far. */
  readonly complaints: () => readonly string[]
  readonly close: () => Promise<void>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly entry?: { readonly level?: string; readonly text?: string; readonly url?: string } }
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message?: string }
}

const patienceMs = 20_000

/** Starts Chromium with a profile of its own, and a page of this width. */
export async function openBrowser(width: number, height = 844): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'countersign-browser-'))
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0']
  const child = spawn('chromium', [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: 'pipe',
    detached: true,
  })
  const browser = await addressOf(child)
  const port = new URL(browser).port
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string
  }[]
  const wire = await openWire(targets[0]?.webSocketDebuggerUrl ?? '')
  await wire.send('Page.enable')
  await wire.send('Log.enable')
  const size = { width, height, deviceScaleFactor: 2, mobile: true }
  await wire.send('Emulation.setDeviceMetricsOverride', size)
  const evaluate = async <T>(expression: string) => {
    const asked = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await wire.send('Runtime.evaluate', asked)
    if (exceptionDetails !== undefined) throw new Error(`the page threw: ${JSON.stringify(exceptionDetails)}`)
    return (result as { value: T }).value
  }
  return {
    evaluate,
    open: async (url) => void (await wire.send('Page.navigate', { url })),
    until: (expression) => settle(() => evaluate<boolean>(expression), expression),
    screenshot: async (path) => {
      const { data } = await wire.send('Page.captureScreenshot', { captureBeyondViewport: true })
      writeFileSync(path, Buffer.from(String(data), 'base64'))
    },
    complaints: wire.complaints,
    close: async () => {
      wire.close()
      // Its helpers are of its group; those that it started last would write for a while yet.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await new Promise((resolve) =>
        child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(null),
      )
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** A page between two documents answers with an error: it is asked again. */
async function settle(look: () => Promise<boolean>, what: string): Promise<void> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(50)) {
    if (await look().catch(() => false)) return
  }
  throw new Error(`it never became true that ${what}`)
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const late = setTimeout(() => reject(new Error(`chromium did not start: ${said.slice(-500)}`)), patienceMs)
    child.once('error', reject)
    child.stderr?.on('data', (chunk) => {
      said += String(chunk)
      const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
      if (found === undefined) return
      clearTimeout(late)
      resolve(found)
    })
  })
}

async function openWire(url: string) {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  const waiting = new Map<
    number,
    { resolve: (value: Record<string, unknown>) => void; reject: (error: Error) => void }
  >()
  const complaints: string[] = []
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    const entry = message.params?.entry
    if (message.method === 'Log.entryAdded' && entry?.level === 'error') complaints.push(`${entry.text} ${entry.url}`)
    const asked = waiting.get(message.id ?? 0)
    if (message.error !== undefined) asked?.reject(new Error(message.error.message))
    else asked?.resolve({ ...message.result })
  })
  return {
    complaints: () => complaints,
    close: () => socket.close(),
    send: (method: string, params: object = {}): Promise<Record<string, unknown>> => {
      last += 1
      const id = last
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        socket.send(JSON.stringify({ id, method, params }))
      })
    },
  }
}
