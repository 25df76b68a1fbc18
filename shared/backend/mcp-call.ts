/** One call of an upstream MCP server. `inputs` names the input that plays each part. */
export interface McpCall {
  readonly technology: 'mcp'
  readonly action: McpAction
  readonly inputs: Readonly<Partial<Record<McpPart, string>>>
  /** Path of the server under the base URL, empty for the base itself; `{name}` takes an input of one or more segments. */
  readonly path: string
}

/** What is asked of a server, whichever revision of the protocol it speaks. */
export type McpAction =
  | 'list-tools'
  | 'call-tool'
  | 'check-pin'
  | 'list-resources'
  | 'read-resource'
  | 'list-prompts'
  | 'get-prompt'
  | 'ping'

export type McpPart = 'server' | 'tool' | 'pin' | 'arguments' | 'cursor' | 'uri' | 'prompt'
