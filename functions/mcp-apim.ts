import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const cursor = z.string().max(4_000).optional()
const name = z.string().min(1).max(200)
const given = z.record(z.string(), z.unknown()).default({}).describe('As the input schema of the tool says')
const call = { technology: 'mcp', path: '' } as const
const tool = { ...call, action: 'call-tool', inputs: { tool: 'tool', arguments: 'arguments' } } as const
const toolInputs = () => z.strictObject({ tool: name.describe('As listTools gives it'), arguments: given })
const toolLabels = { '/content': 'text.free', '/structured': 'text.free', '/failed': 'none' }
/** All of it is written by the server, and shown: a name that is not shown cannot be called. */
const listed = (kind: string, ...members: readonly string[]) => ({
  '/cursor': 'none',
  ...Object.fromEntries(
    ['name', 'title', 'description', ...members].map((member) => [`/${kind}/*/${member}`, 'text.free']),
  ),
})
const pinLabels = { '/tools/*/digest': 'none', '/tools/*/state': 'none', '/tools/*/effect': 'none' }
const page = () => z.strictObject({ cursor })

serve(
  defineBackend({
    name: 'mcp-apim',
    title: 'MCP servers behind API Management',
    ...tenantDefined('The registration of the MCP server'),
    honesty: 'conditional',
    notes: [
      'Holds for every MCP server that takes tokens of an Entra registration of the company; the token is exchanged for that server, never passed on.',
      'Whether the server itself works as the person behind it, or with an account of its own, cannot be seen from outside.',
      'A tool is called only where allow.tools pins it as effect:digest:name, as listTools gives the digest; a definition that was changed since is refused until somebody has read it again.',
      'What the server says of its own tools (read only, destructive) is never believed: the pin says what a tool does.',
      'Questions of the server to the person or to a model are refused, links are not followed, and pictures are not passed on.',
      'Subscription keys of API Management are shared by everybody who has them, and are not sent.',
    ],
    hostSuffixes: { public: [], usgov: [], china: [] },
    limits: { pin: '!tools' },
    untrusted: true,
    operations: {
      listTools: {
        summary: 'List the tools that the server offers the person, with the digest to pin each by',
        effect: 'read',
        untrusted: true,
        inputs: page,
        call: { ...call, action: 'list-tools', inputs: { cursor: 'cursor' } },
        labels: { ...listed('tools', 'inputSchema'), ...pinLabels },
      },
      checkTool: {
        summary: 'See whether the server still describes a pinned tool as it was pinned',
        effect: 'read',
        inputs: () => z.strictObject({ pin: z.string().max(500).describe('An entry of allow.tools') }),
        call: { ...call, action: 'check-pin', inputs: { pin: 'pin' } },
      },
      readWithTool: {
        summary: 'Call a tool that is pinned as one that reads',
        effect: 'read',
        untrusted: true,
        inputs: toolInputs,
        call: tool,
        labels: toolLabels,
      },
      writeWithTool: {
        summary: 'Call a tool that is pinned as one that writes',
        effect: 'write',
        untrusted: true,
        inputs: toolInputs,
        call: tool,
        labels: toolLabels,
      },
      deleteWithTool: {
        summary: 'Call a tool that is pinned as one that deletes',
        effect: 'delete',
        untrusted: true,
        inputs: toolInputs,
        call: tool,
        labels: toolLabels,
      },
      callTool: {
        summary: 'Call any tool that is pinned',
        effect: 'admin',
        untrusted: true,
        inputs: toolInputs,
        call: tool,
        labels: toolLabels,
      },
      listResources: {
        summary: 'List the resources that the server offers the person',
        effect: 'read',
        untrusted: true,
        inputs: page,
        call: { ...call, action: 'list-resources', inputs: { cursor: 'cursor' } },
        labels: listed('resources', 'uri', 'mimeType'),
      },
      readResource: {
        summary: 'Read a resource of the server',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ uri: z.string().min(1).max(2_000).describe('As listResources gives it') }),
        call: { ...call, action: 'read-resource', inputs: { uri: 'uri' } },
        labels: { '/contents': 'text.free' },
      },
      listPrompts: {
        summary: 'List the prompts that the server offers the person',
        effect: 'read',
        untrusted: true,
        inputs: page,
        call: { ...call, action: 'list-prompts', inputs: { cursor: 'cursor' } },
        labels: listed('prompts', 'arguments'),
      },
      getPrompt: {
        summary: 'Get a prompt of the server, with its arguments filled in',
        effect: 'read',
        untrusted: true,
        inputs: () =>
          z.strictObject({
            prompt: name.describe('As listPrompts gives it'),
            arguments: z.record(z.string(), z.string().max(10_000)).default({}),
          }),
        call: { ...call, action: 'get-prompt', inputs: { prompt: 'prompt', arguments: 'arguments' } },
        labels: { '/messages': 'text.free' },
      },
      ping: {
        summary: 'See whether the server answers the person',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: { ...call, action: 'ping', inputs: {} },
      },
    },
  }),
)
