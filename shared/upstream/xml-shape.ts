import type { RestAnswer, XmlList } from '../backend/rest-call.ts'
import type { Json } from '../pipeline/ports.ts'

/** An element: its children in order, and the text that stands directly in it, unescaped. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

/** What of an XML answer is passed on, and the objects that may be named in it (undefined = any). */
export interface XmlJob {
  readonly shape: Extract<RestAnswer, { kind: 'xml' }>
  readonly objects: readonly string[] | undefined
}

/** The declared members of an XML answer, or null where the root is another element. */
export function shapeXml(root: XmlElement, { shape, objects }: XmlJob): Json {
  if (root.name !== shape.root) return null
  const lists = Object.entries(shape.lists).map(([name, list]) => [name, itemsOf(root, list, objects)] as const)
  const texts = Object.entries(shape.members ?? {}).map(([name, path]) => [name, textAt(root, path)] as const)
  return Object.fromEntries([...lists, ...texts.filter(([, text]) => text !== null && text !== '')])
}

/** Whether the backend has more than this answer holds. */
export function hasMore(root: XmlElement, { more }: XmlJob['shape']): boolean {
  return more !== undefined && (textAt(root, more) ?? '') !== ''
}

function itemsOf(holder: XmlElement, list: XmlList, objects: XmlJob['objects']): readonly Json[] {
  const items = findAll([holder], list.path).map((element) => memberOf(element, list, objects))
  const { object } = list
  if (object === undefined || objects === undefined) return items
  return items.filter((item) => objects.includes(String((item as Readonly<Record<string, Json>>)[object])))
}

function memberOf(element: XmlElement, list: XmlList, objects: XmlJob['objects']): Json {
  const all = Object.entries(list.members).map(([name, from]): [string, Json] => [
    name,
    typeof from === 'string' ? readValue(name, textAt(element, from), list) : itemsOf(element, from, objects),
  ])
  return Object.fromEntries(all.filter(([, value]) => value !== null))
}

function readValue(name: string, text: string | null, { numbers = [], etag }: XmlList): Json {
  if (numbers.includes(name)) return toNumber(text)
  return text === null || name !== etag || text.startsWith('"') ? text : `"${text}"`
}

function textAt(element: XmlElement, path: string): string | null {
  const [found] = findAll([element], path)
  if (found === undefined) return null
  return found.attributes.Encoded === 'true' ? decodeName(found.text) : found.text
}

/** Names that XML cannot hold come percent-encoded and say so; what cannot be decoded stays as it is. */
function decodeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function findAll(from: readonly XmlElement[], path: string): readonly XmlElement[] {
  let here = from
  for (const name of path.split('/')) here = here.flatMap(({ children }) => children.filter((one) => one.name === name))
  return here
}

function toNumber(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}
