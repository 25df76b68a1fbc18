import * as z from 'zod'

/** Most bytes of a message to a workflow's webhook, as Teams has it. */
const most = 28 * 1024

const run = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string().min(1),
  weight: z.enum(['Bolder']).optional(),
})
const element = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('TextBlock'),
    text: z.string().min(1),
    weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
    size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
    wrap: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('RichTextBlock'), inlines: z.array(run).min(1) }),
])

const card = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.literal('1.4'),
  body: z.array(element).min(1),
  actions: z
    .array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: z.url() }))
    .max(6),
})

const message = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: card,
      }),
    )
    .length(1),
})

/** What is wrong with a message to a Teams workflow, or null. Only the elements that our cards use are known. */
export function findCardFault(body: Buffer): string | null {
  if (body.byteLength > most) return `${body.byteLength} bytes`
  try {
    const parsed = message.safeParse(JSON.parse(body.toString('utf8')))
    return parsed.success ? null : parsed.error.message
  } catch {
    return 'no JSON'
  }
}
