import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const server = z
  .string()
  .regex(/^(?:functions\/[\w-]+\/[\w-]+|(?:ai|vector)-search\/[\w-]+\/[\w-]+(?:\/[\w-]+)?|genie\/[\w-]+)$/)
  .max(300)
  .describe('functions/{catalog}/{schema}, ai-search/{catalog}/{schema}/{index} or genie/{space}')
const name = z.string().min(1).max(200)
const given = z.record(z.string(), z.unknown()).default({}).describe('As the input schema of the tool says')
const call = { technology: 'mcp', path: '/api/2.0/mcp/{server}' } as const
const toolInputs = () => z.strictObject({ server, tool: name.describe('As listTools gives it'), arguments: given })
const tool = {
  untrusted: true,
  inputs: toolInputs,
  call: { ...call, action: 'call-tool', inputs: { server: 'server', tool: 'tool', arguments: 'arguments' } },
  labels: { '/content': 'text.free', '/structured': 'text.free', '/failed': 'none' },
} as const

serve(
  defineBackend({
    name: 'databricks-mcp',
    title: 'Databricks managed MCP servers',
    ...resources.databricks,
    honesty: 'conditional',
    notes: [
      'Databricks documents these servers for tokens of its own OAuth; that they take an Entra token of the workspace is likely, and has to be tried in each workspace first.',
      'The servers are in public preview, and their paths have been renamed before.',
      'A tool is called only where allow.tools pins it as effect:digest:server#name, as listTools gives the digest; a definition that was changed since is refused until somebody has read it again.',
      'Rows that a tool brings come as text, so columns cannot be masked: databricks-genie and databricks-sql judge the statement and mask its columns.',
      'A function of Unity Catalog does whatever its owner wrote into it; the pin says what that is.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    limits: { server: '!servers', pin: '!tools' },
    untrusted: true,
    operations: {
      listTools: {
        summary: 'List the tools that a server offers the person, with the digest to pin each by',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ server, cursor: z.string().max(4_000).optional() }),
        call: { ...call, action: 'list-tools', inputs: { server: 'server', cursor: 'cursor' } },
        labels: {
          '/cursor': 'none',
          '/tools/*/name': 'text.free',
          '/tools/*/title': 'text.free',
          '/tools/*/description': 'text.free',
          '/tools/*/inputSchema': 'text.free',
          '/tools/*/digest': 'none',
          '/tools/*/state': 'none',
          '/tools/*/effect': 'none',
        },
      },
      checkTool: {
        summary: 'See whether a server still describes a pinned tool as it was pinned',
        effect: 'read',
        inputs: () => z.strictObject({ server, pin: z.string().max(500).describe('An entry of allow.tools') }),
        call: { ...call, action: 'check-pin', inputs: { server: 'server', pin: 'pin' } },
      },
      readWithTool: { summary: 'Call a tool that is pinned as one that reads', effect: 'read', ...tool },
      writeWithTool: { summary: 'Call a tool that is pinned as one that writes', effect: 'write', ...tool },
      deleteWithTool: { summary: 'Call a tool that is pinned as one that deletes', effect: 'delete', ...tool },
      callTool: { summary: 'Call any tool that is pinned', effect: 'admin', ...tool },
      callToolSql: {
        summary: 'Run a statement by the SQL server of Databricks',
        effect: 'admin',
        unsupported:
          'Its tools take any statement, which nobody would have judged, and give rows as text. Use databricks-sql.',
        inputs: () => z.strictObject({ tool: name, arguments: given }),
        call: { ...call, path: '/api/2.0/mcp/sql', action: 'call-tool', inputs: { tool: 'tool' } },
      },
    },
  }),
)
