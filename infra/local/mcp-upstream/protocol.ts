import { createMcpHandler, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import { callTool, readNotes, resourcesOf, toolsOf } from './notes.ts'
import type { NotesState } from './server.ts'

/** Answers one message of the protocol as the person of the token, by the SDK's own server; nothing outlives it. */
export function speakAs(oid: string, request: Request, state: NotesState): Promise<Response> {
  return createMcpHandler(() => createServer(oid, state), { keepAliveMs: 0, maxSubscriptions: 0 }).fetch(request)
}

function createServer(oid: string, { notes, described }: NotesState): Server {
  const info = { name: 'notes', version: '1.0.0' }
  const server = new Server(info, { capabilities: { tools: {}, resources: {} } })
  server.setRequestHandler('tools/list', async () => ({
    tools: toolsOf(oid).map((tool) => ({ ...tool, description: described.get(tool.name) ?? tool.description })),
  }))
  server.setRequestHandler('tools/call', async ({ params: { name, arguments: given = {} } }) => {
    const result = callTool(oid, { name, given }, notes)
    if (result === null) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such tool.')
    return result
  })
  server.setRequestHandler('resources/list', async () => ({ resources: resourcesOf(oid) }))
  server.setRequestHandler('resources/read', async ({ params: { uri } }) => {
    const text = readNotes(oid, uri, notes)
    if (text === null) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such resource.')
    return { contents: [{ uri, mimeType: 'text/plain', text }] }
  })
  return server
}
