import type * as z from 'zod'
import { ask, type Question } from './ask.ts'
import { faultOf, makeFault } from './fault.ts'
import type { Patience } from './patience.ts'
import type { SignIn } from './sign-in.ts'

/** What is asked of a service, by its path with query. */
export interface Inquiry<T> extends Pick<Question, 'what' | 'method' | 'body'> {
  readonly path: string
  /** The part of the answer that is used. */
  readonly schema: z.ZodType<T>
}

/** Azure Resource Manager or Microsoft Graph, asked as whoever is signed in. All reject with faults. */
export interface Service {
  readonly read: <T>(inquiry: Inquiry<T>) => Promise<T>
  /** null where there is no such thing. */
  readonly find: <T>(inquiry: Inquiry<T>) => Promise<T | null>
  /** Every page of a list; `schema` is that of one entry. */
  readonly list: <T>(inquiry: Inquiry<T>) => Promise<readonly T[]>
  /** Removes; nothing there is fine. */
  readonly remove: (path: string, what: string) => Promise<void>
}

export interface ServiceOptions {
  readonly origin: string
  readonly scope: string
  readonly signIn: SignIn
  readonly patience: Patience
}

const mostPages = 100

export function openService({ origin, scope, signIn, patience }: ServiceOptions): Service {
  const send = async ({ what, method, body }: Pick<Question, 'what' | 'method' | 'body'>, url: string) => {
    const token = await signIn.token(scope)
    const optional = { ...(method === undefined ? {} : { method }), ...(body === undefined ? {} : { body }) }
    return ask({ what, url, token, ...optional }, patience)
  }
  const read: Service['read'] = async (inquiry) =>
    parse(inquiry, inquiry.schema, await send(inquiry, `${origin}${inquiry.path}`))
  return {
    read,
    find: (inquiry) => unlessAbsent(() => read(inquiry)),
    list: (inquiry) => collect(inquiry, { origin, send }),
    remove: async (path, what) => void (await unlessAbsent(() => send({ what, method: 'DELETE' }, `${origin}${path}`))),
  }
}

async function unlessAbsent<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act()
  } catch (error) {
    if (faultOf(error) === 'azure_not_found') return null
    throw error
  }
}

interface Paging {
  readonly origin: string
  readonly send: (inquiry: Pick<Question, 'what' | 'method' | 'body'>, url: string) => Promise<unknown>
}

async function collect<T>(inquiry: Inquiry<T>, { origin, send }: Paging): Promise<readonly T[]> {
  const all: T[] = []
  let url = `${origin}${inquiry.path}`
  for (let page = 0; page < mostPages; page += 1) {
    const { value, next } = readPage(inquiry, await send(inquiry, url))
    all.push(...value)
    if (next === undefined) return all
    // The token goes nowhere but to where it was issued for.
    if (!URL.canParse(next) || new URL(next).origin !== new URL(origin).origin)
      throw makeFault('azure_leads_elsewhere', `${inquiry.what}: the next page is at another host`)
    url = next
  }
  throw makeFault('azure_malformed', `${inquiry.what}: the list has no end`)
}

function readPage<T>(inquiry: Inquiry<T>, body: unknown): { readonly value: readonly T[]; readonly next?: string } {
  const page = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  if (!Array.isArray(page.value)) throw makeFault('azure_malformed', `${inquiry.what}: the answer is no list`)
  const value = page.value.map((entry: unknown) => parse(inquiry, inquiry.schema, entry))
  const next = page.nextLink ?? page['@odata.nextLink']
  return typeof next === 'string' && next !== '' ? { value, next } : { value }
}

function parse<T>({ what }: { readonly what: string }, schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const places = [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'answer'))].slice(0, 3)
  throw makeFault('azure_malformed', `${what}: the answer has no ${places.join(', no ')} that can be read`)
}
