import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { XmlElement } from './xml-shape.ts'

/** Elements deeper than this are refused. */
const deepest = 16

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  htmlEntities: false,
  ignoreDeclaration: true,
  maxNestedTags: deepest,
})

/**
 * Parses a plain XML document: well-formed, one root, no document type, entity, comment, CDATA or processing
 * instruction besides the declaration. Throws Error for anything else; the message quotes nothing.
 */
export function parseXml(text: string): XmlElement {
  const body = text.replace(/^\ufeff?(?:<\?xml[^?<>]*\?>)?\s*/, '')
  if (/<[!?]/.test(body)) throw new Error('the document has markup beyond elements')
  if (XMLValidator.validate(body) !== true) throw new Error('the document is not well-formed')
  // The parser overlooks text after the root.
  const ends = body.trimEnd().endsWith('>')
  const [root, ...others] = readChildren(parser.parse(body) as readonly Node[])
  if (root === undefined || others.length > 0 || !ends) throw new Error('the document has not one root')
  return root
}

/** As the parser gives it: one member named as the element (`#text` for text), and `:@` for its attributes. */
type Node = Readonly<Record<string, unknown>>

const attributesName = ':@'
const textName = '#text'

function readChildren(nodes: readonly Node[]): readonly XmlElement[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== attributesName)
    return name === undefined || name === textName ? [] : [readElement(name, node)]
  })
}

function readElement(name: string, node: Node): XmlElement {
  const inside = node[name] as readonly Node[]
  const given = Object.entries((node[attributesName] ?? {}) as Readonly<Record<string, unknown>>)
  return {
    name,
    attributes: Object.fromEntries(given.map(([key, value]) => [key, readText(String(value))])),
    children: readChildren(inside),
    text: inside.map((child) => (textName in child ? readText(String(child[textName])) : '')).join(''),
  }
}

const named = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }))

/** The five entities that XML itself has, and characters by number; one pass, so that nothing expands twice. */
function readText(text: string): string {
  return text.replace(/&([^;&]{0,12});?/g, (whole, name: string) => {
    const character = whole.endsWith(';') ? (characterOf(name) ?? named.get(name)) : undefined
    if (character === undefined) throw new Error('the document has an entity of its own')
    return character
  })
}

function characterOf(name: string): string | undefined {
  const digits = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name)
  if (digits === null) return undefined
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16)
  const valid = code <= 0x10ffff && code !== 0 && !(code >= 0xd800 && code <= 0xdfff)
  return valid ? String.fromCodePoint(code) : undefined
}
