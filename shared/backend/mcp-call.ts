/** One call of an upstream MCP server. `inputs` names the input that plays each part. */
export interface McpCall {
  readonly technology: 'mcp'
  readonly action:
    | 'list-tools'
    | 'call-tool'
    | 'list-resources'
    | 'read-resource'
    | 'list-prompts'
    | 'get-prompt'
    | 'ping'
  readonly inputs: Readonly<Record<string, string>>
  /** Path of the server under the base URL, as in REST calls. */
  readonly path: string
}
