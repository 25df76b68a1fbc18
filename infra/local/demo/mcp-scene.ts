import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { siteOfStack } from '../../operate/site.ts'
import { openBook } from '../stack/book.ts'
import type { StackFile } from '../stack/local-folder.ts'
import type { Agent } from './client.ts'
import { demand } from './demand.ts'
import type { Scene } from './scenes.ts'

const sql = 'SELECT region, count(*) AS orders FROM sales.orders GROUP BY region ORDER BY region'
const tool = 'azure_postgresql__execute_query'

const rows = z.object({ data: z.object({ rows: z.array(z.array(z.unknown())) }) })
const result = rows.extend({ meta: z.object({ decisionId: z.string() }) })

/** The same gateway, spoken to by the protocol's own client as an agent has it. */
export function mcpScene(stack: StackFile): Scene {
  return {
    title: 'The same by the Model Context Protocol: one line, one policy, one book',
    play: (agent) => askByTool(agent, stack),
  }
}

async function askByTool(agent: Agent, stack: StackFile): Promise<readonly string[]> {
  const bearer = await agent.signIn('alice')
  const client = await connect(`${stack.gateway}/mcp`, bearer)
  try {
    const { tools } = await client.listTools()
    const answer = await client.callTool({ name: tool, arguments: { sql } })
    const { data, meta } = result.parse(answer.structuredContent)
    const direct = rows.parse((await agent.call(bearer, 'azure-postgresql/executeQuery', { sql })).body)
    demand(JSON.stringify(data.rows) === JSON.stringify(direct.data.rows), 'the tool gave other rows than the API')
    const recorded = await findDecision(meta.decisionId, stack)
    demand(recorded === 2, `the book has ${recorded} rows of the tool call, not 2`)
    return [
      `alice's agent finds ${tools.length} tools (protocol ${client.getNegotiatedProtocolVersion() ?? 'unknown'})`,
      `${tool}: ${JSON.stringify(data.rows)}, as over the API`,
      `decision ${meta.decisionId}: intent and outcome are in the book`,
    ]
  } finally {
    await client.close()
  }
}

async function connect(url: string, bearer: string): Promise<Client> {
  const client = new Client({ name: 'demo', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  const requestInit = { headers: { authorization: `Bearer ${bearer}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return client
}

/** How many rows of the book carry a decision's id. */
async function findDecision(decisionId: string, stack: StackFile): Promise<number> {
  let found = 0
  for await (const page of openBook(siteOfStack(stack)).source.pages()) {
    const contents = page.map(({ properties }) => Buffer.from((properties.c as Uint8Array) ?? []).toString('utf8'))
    found += contents.filter((text) => text.includes(decisionId)).length
  }
  return found
}
