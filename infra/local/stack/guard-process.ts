/** The guard's own process; see guard.ts. It runs until its standard input ends. */
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GuardOrder } from './guard.ts'
import { startOf } from './process-identity.ts'

interface Watched {
  readonly pid: number
  readonly signal: NodeJS.Signals
  readonly start: string
}

const watched: Watched[] = []
const swept: string[] = []
const graceMs = 6000

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

let dismissed = false
for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line) as GuardOrder)
if (!dismissed) await cleanUp()

function obey(order: GuardOrder): void {
  if ('dismiss' in order) dismissed = true
  else if ('sweep' in order) swept.push(order.sweep)
  else remember(order.watch, order.signal)
}

function remember(pid: number, signal: NodeJS.Signals): void {
  const start = startOf(pid)
  if (start !== null) watched.push({ pid, signal, start })
}

async function cleanUp(): Promise<void> {
  for (const one of watched.reverse()) await end(one)
  for (const path of swept) rmSync(path, { recursive: true, force: true })
}

async function end(one: Watched): Promise<void> {
  signalTo(one, one.signal)
  for (const deadline = Date.now() + graceMs; Date.now() < deadline && isSame(one); ) await sleep(50)
  signalTo(one, 'SIGKILL')
}

function signalTo(one: Watched, signal: NodeJS.Signals): void {
  if (isSame(one)) process.kill(one.pid, signal)
}

/** The id may have gone to another process meanwhile: that one is left alone. */
function isSame(one: Watched): boolean {
  return startOf(one.pid) === one.start
}
