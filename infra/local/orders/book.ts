import { type Order, type Region, regions, statuses, sumLines } from './order.ts'

/** All orders by id, and the idempotency keys seen: `<oid> <key>` → digest of the body and the order made. */
export interface OrderBook {
  readonly orders: Map<string, Order>
  readonly replays: Map<string, { readonly digest: string; readonly orderId: string }>
  next: number
}

/** The form in which a book is stored. */
export interface StoredBook {
  readonly orders: readonly Order[]
  readonly replays: readonly (readonly [string, { readonly digest: string; readonly orderId: string }])[]
  readonly next: number
}

const names = ['Ana Alves', 'Ben Baker', 'Cleo Conti', 'Dina Dahl', 'Emil Ek', 'Fay Ford', 'Gil Grau', 'Hana Hill']
const goods = ['Pump S', 'Valve M', 'Sensor L', 'Controller XL', 'Filter S']
const firstNumber = 5001
const count = 120

/** A book with deterministic, fictional orders (addresses under .example, telephone numbers reserved for fiction). */
export function openBook(stored?: StoredBook): OrderBook {
  if (stored !== undefined) return { ...stored, orders: byId(stored.orders), replays: new Map(stored.replays) }
  const orders = Array.from({ length: count }, (_, index) => seedOrder(index))
  return { orders: byId(orders), replays: new Map(), next: firstNumber + count }
}

/** The book as plain JSON. */
export function storeBook(book: OrderBook): StoredBook {
  return { orders: [...book.orders.values()], replays: [...book.replays], next: book.next }
}

function byId(orders: readonly Order[]): Map<string, Order> {
  return new Map(orders.map((order) => [order.order_id, order]))
}

function seedOrder(index: number): Order {
  const name = pick(names, index * 5)
  const lines = Array.from({ length: 1 + (index % 3) }, (_, at) => seedLine(index + at))
  const time = new Date(Date.UTC(2026, 0, 5) + index * 187 * 60_000).toISOString()
  return {
    order_id: `ord-${firstNumber + index}`,
    region: pick<Region>(regions, index),
    status: pick(statuses, index * 3),
    customer: { name, email: `${name.toLowerCase().replace(' ', '.')}${index}@customer.example`, phone: phone(index) },
    note: index % 4 === 0 ? `Call ${name.split(' ')[0]} before delivery` : '',
    lines,
    total: sumLines(lines),
    created_at: time,
    updated_at: time,
  }
}

function seedLine(index: number): Order['lines'][number] {
  const description = pick(goods, index)
  return { sku: `SKU-${100 + (index % 40)}`, description, quantity: 1 + (index % 7), price: 19.5 + (index % 50) * 8 }
}

function phone(index: number): string {
  return `+44 20 7946 0${String(index).padStart(3, '0')}`
}

function pick<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T
}
