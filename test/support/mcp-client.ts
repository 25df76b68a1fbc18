import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/** The protocol's own client, connected; `mode` is the era that it speaks. */
export async function connectMcp(url: string, token: string, mode: 'auto' | 'legacy' = 'auto'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return client
}
