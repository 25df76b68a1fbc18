import type { CallToolResult, Tool } from '@modelcontextprotocol/server'
import { personas } from '../personas.ts'

/** What one person has at the server: notes of their own region, and the tools that the region has. */
interface Desk {
  readonly region: string
  readonly tools: readonly Tool[]
}

/** Notes by region; a started server has its own copy, which `file_note` adds to. */
export type Notes = Map<string, string[]>

const term = { type: 'string', minLength: 1, maxLength: 80 }
const schemaOf = (properties: Record<string, Record<string, string | number>>) => ({
  type: 'object' as const,
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

/** Every tool of the server, by its name. */
export const tools = {
  search_notes: {
    name: 'search_notes',
    description: 'Finds notes on customers by a word in them.',
    inputSchema: schemaOf({ term }),
    annotations: { readOnlyHint: true },
  },
  count_notes: {
    name: 'count_notes',
    description: 'Counts the notes on customers of the region.',
    inputSchema: schemaOf({}),
    // A hint of a server is its own word; the deployment's pin says what the tool does.
    annotations: { readOnlyHint: true },
  },
  file_note: {
    name: 'file_note',
    description: 'Files a note on a customer.',
    inputSchema: schemaOf({ text: { type: 'string', minLength: 1, maxLength: 400 } }),
  },
} satisfies Readonly<Record<string, Tool>>

const { search_notes, count_notes, file_note } = tools

/** By object id, as the token names the person. Whoever is not here is offered nothing. */
const desks: Readonly<Record<string, Desk>> = {
  [personas.alice.oid]: { region: 'EMEA', tools: [search_notes, file_note] },
  [personas.bob.oid]: { region: 'US', tools: [search_notes, count_notes] },
}

/** The notes that a server starts with. */
export function seedNotes(): Notes {
  return new Map([
    ['EMEA', ['Alves wants the pumps before March', 'Conti asked for a second offer on valves']],
    ['US', ['Baker pays late, but pays', 'Ford wants pumps in blue', 'Grau asked for a visit']],
  ])
}

/** The tools that a person is offered. */
export function toolsOf(oid: string): readonly Tool[] {
  return deskOf(oid)?.tools ?? []
}

/** What the server can be read by: one document a region. */
export function resourcesOf(oid: string) {
  const region = deskOf(oid)?.region
  return region === undefined ? [] : [{ uri: `note://${region}`, name: `Notes of ${region}`, mimeType: 'text/plain' }]
}

/** The text of a document that the person may read, or null. */
export function readNotes(oid: string, uri: string, notes: Notes): string | null {
  const region = deskOf(oid)?.region
  return region !== undefined && uri === `note://${region}` ? (notes.get(region) ?? []).join('\n') : null
}

/** Calls a tool as the person; null where they are offered none of this name. */
export function callTool(
  oid: string,
  { name, given }: { readonly name: string; readonly given: Readonly<Record<string, unknown>> },
  notes: Notes,
): CallToolResult | null {
  const desk = deskOf(oid)
  const list = notes.get(desk?.region ?? '')
  if (list === undefined || !desk?.tools.some((tool) => tool.name === name)) return null
  if (name === count_notes.name) return say([`${list.length} notes`], { region: desk.region, count: list.length })
  if (name === file_note.name) {
    list.push(String(given.text))
    return say(['filed'], { region: desk.region, count: list.length })
  }
  const found = list.filter((note) => note.toLowerCase().includes(String(given.term).toLowerCase()))
  return say(found, { region: desk.region, count: found.length })
}

function deskOf(oid: string): Desk | undefined {
  return Object.hasOwn(desks, oid) ? desks[oid] : undefined
}

function say(texts: readonly string[], structuredContent: Record<string, unknown>): CallToolResult {
  return { content: texts.map((text) => ({ type: 'text', text })), structuredContent }
}
