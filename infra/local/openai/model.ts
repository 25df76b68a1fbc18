/** What the model writes: text, a call of one of the agent's functions, or what the filter stopped. */
export interface Written {
  readonly text: string
  readonly call?: { readonly name: string; readonly arguments: string }
  /** Category for which the prompt was refused, or the answer cut. */
  readonly refused?: string
  readonly cut?: string
  readonly usage: { readonly prompt: number; readonly completion: number }
}

/** A prompt as it counts: all its text, the last thing that was said, and the functions that may be called. */
export interface Prompt {
  readonly all: string
  readonly last: string
  readonly functions: readonly string[]
}

/**
 * The same prompt gets the same answer. `call <function> <json>` calls that function, `say <text>` says it, `[[refuse]]`
 * is stopped by the filter, `[[cut]]` cuts the answer; everything else is answered by repeating it.
 */
export function write(prompt: Prompt): Written {
  const { all, last, functions } = prompt
  const promptTokens = countTokens(all)
  const used = (text: string) => ({ prompt: promptTokens, completion: countTokens(text) })
  if (last.includes('[[refuse]]')) return { text: '', refused: 'violence', usage: used('') }
  const call = /^call (?<name>[A-Za-z0-9_-]+) (?<json>\{.*\})$/s.exec(last)?.groups
  if (call?.name !== undefined && functions.includes(call.name)) {
    const args = call.json ?? '{}'
    return { text: '', call: { name: call.name, arguments: args }, usage: used(args) }
  }
  const text = last.startsWith('say ') ? last.slice(4) : `You said: ${last}`
  if (last.includes('[[cut]]')) return { text: 'I must not', cut: 'hate', usage: used('I must not') }
  return { text, usage: used(text) }
}

/** Four characters a token. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** A text in pieces of so many characters as the prompt wants (`[[chunk:3]]`), else seven. */
export function cutText(text: string, { all }: Prompt): readonly string[] {
  const size = Number(/\[\[chunk:(\d{1,4})\]\]/.exec(all)?.[1] ?? 7)
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))
}

/** A vector of unit length that depends on the text alone. */
export function embed(text: string, dimensions: number): readonly number[] {
  let state = [...text].reduce((sum, char) => (Math.imul(sum, 31) + (char.codePointAt(0) ?? 0)) >>> 0, 7)
  const raw = Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  })
  const length = Math.hypot(...raw) || 1
  return raw.map((number) => number / length)
}
