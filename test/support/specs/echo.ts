import type { Operation } from '../../../shared/backend/define.ts'
import type { LongRunning, RestCall } from '../../../shared/backend/rest-call.ts'
import { parsePointer } from '../../../shared/masking/pointer.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import type { Reply } from './spec-server.ts'

type Tree = { [name: string]: Json }

/** The smallest answer that an operation's declaration takes for a success, and for the end of its work. */
export function echoFor({ call }: Operation): Reply {
  if (call.technology !== 'rest') throw new Error(`${call.technology} is not REST`)
  const answer = call.answer ?? { kind: 'json' }
  if (answer.kind === 'xml') return reply('application/xml', `<${answer.root}></${answer.root}>`)
  if (answer.kind === 'bytes') return reply('text/plain', 'a')
  if (answer.kind === 'headers') return { status: 200, headers: {}, body: '' }
  return reply('application/json', JSON.stringify(treeFor(call)))
}

function reply(type: string, body: string): Reply {
  return { status: 200, headers: { 'content-type': type }, body }
}

function treeFor({ answer, longRunning }: RestCall): Json {
  const table = answer?.kind === 'table' ? answer : undefined
  const columns = table?.columns === undefined ? [] : [[table.columns, 'a'] as const]
  const rows = table === undefined ? [] : [[table.rows, []] as const]
  const places: readonly (readonly [string, Json])[] = [
    ...columns,
    ...rows,
    ...(longRunning === undefined ? [] : ended(longRunning)),
  ]
  const tree: Tree = {}
  for (const [pointer, value] of places) put(tree, parsePointer(pointer), value)
  return tree
}

/** The state that is the end, and texts for the paths that are made of the first answer. */
function ended({ poll, state, done = ['Succeeded'], result }: LongRunning): readonly (readonly [string, Json])[] {
  const paths = [poll, result].flatMap((each) => (each !== undefined && 'path' in each ? [each.path] : []))
  const pointers = paths.flatMap((path) => [...path.matchAll(/\{(\/[^{}]+)\}/g)].map(([, pointer]) => pointer ?? ''))
  const said = pointers.map((pointer) => [pointer, 'a'] as const)
  return state === undefined ? said : [...said, [state, done[0] ?? 'Succeeded']]
}

function put(tree: Tree, [name, next, ...rest]: readonly string[], value: Json): void {
  if (name === undefined) return
  if (next === undefined) {
    tree[name] = value
    return
  }
  const isList = next === '*' || next === '0'
  const inner = (isList ? (tree[name] as Json[] | undefined)?.[0] : tree[name]) ?? {}
  if (isList && rest.length === 0) tree[name] = [value]
  else if (isList) {
    put(inner as Tree, rest, value)
    tree[name] = [inner]
  } else {
    put(inner as Tree, [next, ...rest], value)
    tree[name] = inner
  }
}
