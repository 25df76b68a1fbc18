import * as z from 'zod'

// The members of OpenAI's requests that are understood here, in its own names and shapes; any other is refused. Left out
// on purpose: `metadata` and `store` (they keep texts in the resource, for everybody with access to it), links that the
// service would fetch, tools that reach servers which the caller names, and what only repeats the text (`logprobs`).

const name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const text = z.string().max(1_000_000)
const id = z.string().max(200)
/** JSON of the caller's own shape; the body's bounds are its bounds. */
const anyObject = () => z.looseObject({}).meta({ additionalProperties: true })
const image = z
  .string()
  .regex(/^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/)
  .describe('A data: URL; links would be fetched by the service')

/** Name of a deployment of the resource; the deployment of the gateway lists those that may be used. */
export const model = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .describe('Name of a deployment')

const stream = z.boolean().optional().describe('The answer flows, as server-sent events')
const schemaFormat = {
  name,
  description: text.optional(),
  schema: anyObject().optional(),
  strict: z.boolean().optional(),
}
const functionTool = {
  name,
  description: z.string().max(20_000).optional(),
  parameters: anyObject().optional(),
  strict: z.boolean().optional(),
}
const choiceWord = z.enum(['none', 'auto', 'required'])
const sampling = {
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  parallel_tool_calls: z.boolean().optional(),
  user: z.string().max(256).optional().describe('Taken and not sent: the service hears of the person by a digest'),
  store: z.literal(false).optional().describe('Nothing is stored with the service'),
}
const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])
const verbosity = z.enum(['low', 'medium', 'high'])
const count = z.int().min(1).max(1_000_000)

const chatPart = z.strictObject({
  type: z.enum(['text', 'refusal', 'image_url']),
  text: text.optional(),
  refusal: text.optional(),
  image_url: z.strictObject({ url: image, detail: z.enum(['auto', 'low', 'high']).optional() }).optional(),
})
const chatCall = z.strictObject({
  id,
  type: z.literal('function'),
  function: z.strictObject({ name, arguments: text }),
})
const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([text, z.array(chatPart).max(500), z.null()]).optional(),
  refusal: text.nullish(),
  name: name.optional(),
  tool_calls: z.array(chatCall).max(128).optional(),
  tool_call_id: id.optional(),
})

/** Inputs of a chat completion, but its deployment. */
export const chatInputs = {
  messages: z.array(message).min(1).max(2_048),
  ...sampling,
  n: z.int().min(1).max(8).optional(),
  max_tokens: count.optional(),
  max_completion_tokens: count.optional(),
  stop: z.union([z.string().max(200), z.array(z.string().max(200)).max(4)]).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  seed: z.int().optional(),
  response_format: z
    .strictObject({
      type: z.enum(['text', 'json_object', 'json_schema']),
      json_schema: z.strictObject(schemaFormat).optional(),
    })
    .optional(),
  tools: z
    .array(z.strictObject({ type: z.literal('function'), function: z.strictObject(functionTool) }))
    .max(128)
    .optional(),
  tool_choice: z
    .union([choiceWord, z.strictObject({ type: z.literal('function'), function: z.strictObject({ name }) })])
    .optional(),
  reasoning_effort: effort.optional(),
  verbosity: verbosity.optional(),
  stream,
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .optional(),
}

const responsePart = z.strictObject({
  type: z.enum(['input_text', 'output_text', 'refusal', 'input_image', 'summary_text', 'reasoning_text']),
  text: text.optional(),
  refusal: text.optional(),
  image_url: image.optional(),
  detail: z.enum(['auto', 'low', 'high']).optional(),
  annotations: z.array(anyObject()).max(200).optional(),
  logprobs: z.array(anyObject()).max(0).optional(),
})
const parts = z.array(responsePart).max(500)
const item = z.strictObject({
  type: z
    .enum(['message', 'function_call', 'function_call_output', 'reasoning', 'web_search_call', 'file_search_call'])
    .optional(),
  role: z.enum(['system', 'developer', 'user', 'assistant']).optional(),
  content: z.union([text, parts]).optional(),
  id: id.nullish(),
  status: z.enum(['in_progress', 'completed', 'incomplete']).nullish(),
  phase: z.enum(['commentary', 'final_answer']).nullish(),
  call_id: id.optional(),
  name: name.optional(),
  arguments: text.optional(),
  output: z.union([text, parts]).optional(),
  summary: parts.optional(),
  encrypted_content: text.nullish(),
})
const responseTool = z.strictObject({ type: z.literal('function'), ...functionTool })

/** Inputs of a response, but its deployment and its tools. */
export const responseInputs = {
  input: z.union([text, z.array(item).max(2_048)]),
  instructions: text.nullish(),
  ...sampling,
  max_output_tokens: count.nullish(),
  max_tool_calls: z.int().min(1).max(1_000).optional(),
  tool_choice: z
    .union([
      choiceWord,
      z.strictObject({
        type: z.enum(['function', 'web_search', 'web_search_preview', 'file_search', 'code_interpreter']),
        name: name.optional(),
      }),
    ])
    .optional(),
  reasoning: z
    .strictObject({ effort: effort.nullish(), summary: z.enum(['auto', 'concise', 'detailed']).nullish() })
    .optional(),
  text: z
    .strictObject({
      format: z
        .strictObject({
          type: z.enum(['text', 'json_object', 'json_schema']),
          ...z.strictObject(schemaFormat).partial().shape,
        })
        .optional(),
      verbosity: verbosity.nullish(),
    })
    .optional(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  include: z
    .array(z.enum(['reasoning.encrypted_content']))
    .max(1)
    .optional(),
  stream,
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).optional(),
}

/** Functions that the agent itself carries out. */
export const functionTools = z.array(responseTool).max(128)

/** Tools that the service carries out by itself: they reach out of the resource. */
export const hostedKinds = ['web_search', 'web_search_preview', 'file_search', 'code_interpreter'] as const

/** The functions of the agent, and hosted tools with the settings that are understood here. */
export const hostedTools = z
  .array(
    z.strictObject({
      ...functionTool,
      type: z.enum(['function', ...hostedKinds]),
      name: name.optional(),
      search_context_size: z.enum(['low', 'medium', 'high']).optional(),
      vector_store_ids: z.array(id).max(10).optional(),
      max_num_results: z.int().min(1).max(50).optional(),
      container: z.strictObject({ type: z.literal('auto') }).optional(),
    }),
  )
  .max(128)

const tokens = z.array(z.int().min(0)).max(8_192)

/** Inputs of embeddings, but their deployment. */
export const embeddingInputs = {
  input: z.union([text, z.array(text).min(1).max(2_048), tokens, z.array(tokens).max(2_048)]),
  dimensions: z.int().min(1).max(8_192).optional(),
  encoding_format: z.enum(['float', 'base64']).optional().describe('Numbers are given in any case'),
  user: sampling.user,
}

/** What is free text in a completion: searched for identifiers; calls of tools are the agent's business. */
export const chatLabels = {
  '/choices/*/message/content': 'text.free',
  '/choices/*/message/refusal': 'text.free',
  '/choices/*/message/role': 'none',
  '/choices/*/message/tool_calls': 'none',
  '/choices/*/message/function_call': 'none',
  '/choices/*/message/annotations': 'none',
  '/choices/*/message/audio': 'none',
} as const

/** The same of a response. */
export const responseLabels = {
  '/output/*/content/*/text': 'text.free',
  '/output/*/content/*/refusal': 'text.free',
  '/output/*/content/*/type': 'none',
  '/output/*/content/*/annotations': 'none',
  '/output/*/summary/*/text': 'text.free',
  '/output/*/summary/*/type': 'none',
} as const
