import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { drawMutants, type Folder, listMutants } from './folders.ts'
import type { Mutant } from './operators.ts'
import { type Line, lineSchema, type TestEnd } from './task.ts'

const script = fileURLToPath(new URL('./mutation-process.ts', import.meta.url))

/** A mutant that never ends is found out as well. */
const mutantMs = 180_000

/** How many mutants of a folder, drawn by which seed, and when to stop (milliseconds of the clock). */
export interface Draw {
  readonly size: number
  readonly seed: string
  readonly deadline: number
}

/** What came of a folder's mutants; those after the deadline are in none of the lists. */
export interface Outcome {
  readonly folder: string
  /** How many there are, drawn or not. */
  readonly all: number
  readonly killed: readonly { readonly mutant: Mutant; readonly by: string }[]
  readonly survivors: readonly Mutant[]
  /** Test files that fail without any mutant, which find nothing out. */
  readonly failing: readonly string[]
  /** What failed without any mutant after all of them: a harness that accuses every mutant shows here. */
  readonly control: string | null
}

interface State {
  readonly folder: Folder
  readonly draw: Draw
  readonly ends: Map<number, string | null>
  baseline?: readonly TestEnd[]
  begun: number
  control: string | null
  finished: boolean
}

/** Tries a folder's mutants in a process of their own, which is replaced where a mutant does not end. */
export async function tryFolder(folder: Folder, draw: Draw): Promise<Outcome> {
  const state: State = { folder, draw, ends: new Map(), begun: -1, control: null, finished: false }
  const all = listMutants(folder)
  const drawn = drawMutants(all, draw.size, draw.seed)
  while (!state.finished && Date.now() < draw.deadline) {
    const { begun } = state
    await runOnce(state)
    if (!state.finished && state.begun === begun && Date.now() < draw.deadline) throw new Error('no mutant was begun')
  }
  const tried = [...state.ends].flatMap(([number, by]) => (drawn[number] ? [{ mutant: drawn[number], by }] : []))
  return {
    folder: folder.name,
    all: all.length,
    killed: tried.flatMap(({ mutant, by }) => (by === null ? [] : [{ mutant, by }])),
    survivors: tried.filter(({ by }) => by === null).map(({ mutant }) => mutant),
    failing: (state.baseline ?? []).filter(({ passed }) => !passed).map(({ test }) => test),
    control: state.control,
  }
}

async function runOnce(state: State): Promise<void> {
  const { size, seed, deadline } = state.draw
  const task = { folder: state.folder.name, size, seed, from: state.begun + 1, baseline: state.baseline }
  const args = ['--import', import.meta.resolve('tsx'), script, JSON.stringify(task)]
  // A group of its own, since Vitest's workers outlive a parent that is killed.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const overall = setTimeout(() => endGroup(child), Math.max(0, deadline - Date.now()))
  let timer: NodeJS.Timeout | undefined
  for await (const text of createInterface(child.stdout)) {
    clearTimeout(timer)
    const line = readLine(text)
    if (line === undefined) continue
    take(state, line)
    if ('begun' in line) timer = setTimeout(() => giveUp(state, child), mutantMs)
  }
  clearTimeout(timer)
  clearTimeout(overall)
}

function giveUp(state: State, child: ChildProcess): void {
  state.ends.set(state.begun, 'time')
  endGroup(child)
}

/** Tests may print lines of their own. */
function readLine(text: string): Line | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function take(state: State, line: Line): void {
  if ('baseline' in line) state.baseline = line.baseline
  if ('begun' in line) state.begun = line.begun
  if ('ended' in line) state.ends.set(line.ended, line.by)
  if ('control' in line) Object.assign(state, { control: line.control, finished: true })
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
