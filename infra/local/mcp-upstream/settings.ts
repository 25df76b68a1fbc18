import type { Effect } from '../../../shared/backend/effect.ts'
import { digestTool } from '../../../shared/upstream/mcp-pins.ts'
import { notesApplication } from './access-token.ts'
import { tools } from './notes.ts'

/** What whoever read the definitions says that each tool does. */
const effects: Readonly<Record<keyof typeof tools, Effect>> = {
  search_notes: 'read',
  count_notes: 'read',
  file_note: 'write',
}

/** What a deployment says of the notes server at `url`: where it is, whose tokens it takes, and the tools that it pins. */
export function notesBackend(url: string) {
  const pins = Object.values(tools).map((tool) => {
    const effect = effects[tool.name as keyof typeof tools]
    return `${effect}:${digestTool(tool)}:${tool.name}`
  })
  return { baseUrl: url, scope: `api://${notesApplication}/.default`, allow: { tools: pins } }
}
