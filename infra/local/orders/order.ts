import { z } from 'zod'

const line = z.strictObject({
  sku: z.string().min(1).max(40),
  description: z.string().max(200),
  quantity: z.int().min(1).max(10_000),
  price: z.number().min(0).max(1_000_000),
})

const customer = z.strictObject({
  name: z.string().min(1).max(200),
  email: z.email(),
  phone: z.string().max(40),
})

export const statuses = ['open', 'shipped', 'paid', 'cancelled'] as const
export const regions = ['EMEA', 'US', 'APAC'] as const
export type Region = (typeof regions)[number]

/** What a new order has to say. */
export const newOrder = z.strictObject({
  region: z.enum(regions),
  customer,
  note: z.string().max(2000).default(''),
  lines: z.array(line).min(1).max(100),
})

/** What may be changed in an order; members left out stay as they are. */
export const orderChange = z.strictObject({
  status: z.enum(statuses).optional(),
  customer: customer.optional(),
  note: z.string().max(2000).optional(),
  lines: z.array(line).min(1).max(100).optional(),
})

/** One order. Amounts are euro, times ISO 8601 UTC; `total` is the sum over the lines. */
export interface Order {
  readonly order_id: string
  readonly region: Region
  readonly status: (typeof statuses)[number]
  readonly customer: z.infer<typeof customer>
  readonly note: string
  readonly lines: readonly z.infer<typeof line>[]
  readonly total: number
  readonly created_at: string
  readonly updated_at: string
}

/** The sum of an order's lines in euro, rounded to cents. */
export function sumLines(lines: Order['lines']): number {
  return Math.round(lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0) * 100) / 100
}
