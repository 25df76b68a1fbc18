import type { Statement } from '../sql/statement.ts'
import type { BackendConfiguration } from './configuration.ts'
import type { Backend } from './define.ts'
import { compareEffects, type Effect, effects } from './effect.ts'

/** One entry of a deployment's list: words that a command has to begin with, and what such a command does. */
interface CommandRule {
  readonly effect: Effect
  readonly words: readonly string[]
  /** Further words may follow, none of which begins with a dash. */
  readonly open: boolean
}

/**
 * Words that mean nothing but themselves to any login shell: no quotes, no globs, no variables, no tilde, no redirection,
 * and no `=` at the front, which some shells look up. The program is an absolute path, so that neither a builtin, an
 * alias nor the search path chooses it.
 */
const word = /^[\w./:@,+-][\w./:@,+=-]*$/
const program = /^(?:\/[\w.+-]+)+$/
const maxLength = 4096

/** An entry of `allow.commands`: `effect:/program word word`, with ` *` at its end where further words may follow. */
export function readCommand(entry: string): CommandRule | null {
  const [, effectWord, rest = ''] = /^(\w+):(.+)$/.exec(entry) ?? []
  const effect = effects.find((one) => one === effectWord)
  const open = rest.endsWith(' *')
  const words = wordsOf(open ? rest.slice(0, -2) : rest)
  return effect === undefined || words === null ? null : { effect, words, open }
}

function wordsOf(text: string): readonly string[] | null {
  const words = text.split(' ')
  const isPlain = text.length <= maxLength && program.test(words[0] ?? '') && words.every((one) => word.test(one))
  return isPlain && !hasDots(words[0] ?? '') ? words : null
}

/** `/usr/bin/../../tmp/x` is not the program that it seems to be. */
function hasDots(path: string): boolean {
  return path.split('/').some((part) => part === '.' || part === '..')
}

/**
 * What one command does, by the entry that fits it best: the one with the most words, of two such the worse. Anything else
 * is refused: `command_grammar` where a shell would read more into it than its words, `command_not_listed` otherwise.
 */
export function judgeCommand(text: string, list: readonly string[]): Statement {
  const words = wordsOf(text)
  if (words === null) return refused('command_grammar')
  const fitting = list.flatMap((entry) => readCommand(entry) ?? []).filter((rule) => fits(rule, words))
  const [best] = fitting.sort((a, b) => b.words.length - a.words.length || compareEffects(b.effect, a.effect))
  return best === undefined ? refused('command_not_listed') : { ...plain, effect: best.effect, text }
}

const plain = { safeRead: false, statements: 1, reads: [], writes: [], dangers: [], outputs: null } as const

function refused(why: string): Statement {
  return { ...plain, effect: 'admin', refused: why, statements: 0 }
}

function fits({ words, open }: CommandRule, given: readonly string[]): boolean {
  const rest = given.slice(words.length)
  const begins = words.every((one, at) => one === given[at])
  return begins && (open ? rest.every((one) => !one.startsWith('-')) : rest.length === 0)
}

/** A machine of the deployment: `name` or `name:port`, and the keys that it may show. */
export interface Machine {
  readonly host: string
  readonly port: number
  /** Base64 of SHA-256 over the key, without its padding, as `ssh-keygen -l` prints it after `SHA256:`. */
  readonly keys: readonly string[]
}

const machine = /^([A-Za-z0-9](?:[\w.-]{0,251}[A-Za-z0-9])?)(?::(\d{1,5}))? SHA256:([A-Za-z0-9+/]{43})$/

/** What the entry calls the machine: that is how calls name it. */
export const machineName = (entry: string): string => entry.split(' ', 1)[0] ?? ''

/** Machines from `allow.hosts`, by the name that calls use. Entries that cannot be read are none. */
export function readMachines(list: readonly string[]): ReadonlyMap<string, Machine> {
  const machines = new Map<string, Machine>()
  for (const entry of list) {
    const [, host = '', port = '22', key = ''] = machine.exec(entry) ?? []
    if (host === '') continue
    const name = machineName(entry)
    machines.set(name, { host, port: Number(port), keys: [...(machines.get(name)?.keys ?? []), key] })
  }
  return machines
}

/** The machines that a deployment lists, or null where the backend is reached in another way. */
export function machinesOf(backend: Backend, configuration: BackendConfiguration): readonly Machine[] | null {
  const isOfMachines = Object.values(backend.operations).some(({ call }) => call.technology === 'ssh')
  return isOfMachines ? [...readMachines(configuration.allow?.hosts ?? []).values()] : null
}

/** Throws where an entry of a backend of machines does not have its form: it would silently allow nothing. */
export function assertCommands(backend: Backend, configuration: BackendConfiguration | undefined): void {
  const { hosts = [], commands = [] } = configuration?.allow ?? {}
  if (!Object.values(backend.operations).some(({ command }) => command !== undefined)) return
  if (commands.some((entry) => readCommand(entry) === null)) throw wrong(backend, 'commands')
  if (hosts.some((entry) => !machine.test(entry))) throw wrong(backend, 'hosts')
}

function wrong({ name }: Backend, list: string): Error {
  return new Error(
    `COUNTERSIGN_BACKENDS (at ${name}.allow.${list}) has an entry that does not have the form that is wanted`,
  )
}
