import { cursorInput } from '../backend/operation-handle.ts'
import type { Paging } from '../backend/rest-call.ts'
import type { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { dropMembers, valueAt } from './rest-drop.ts'
import { refuseInput } from './rest-fill.ts'
import { checkLink } from './rest-link.ts'
import type { RestRequest } from './rest-request.ts'
import { type Answered, seal, unseal, type Visit } from './rest-visit.ts'

/** An answer without its own link or token, and our cursor in its place where there is more. */
export interface Page {
  readonly data: Json
  readonly cursor?: string
}

const longest = 8000

/**
 * The request for the page that the input `cursor` stands for. Throws Problem `input_invalid` (pointer `/cursor`) for a
 * cursor of another person, agent, operation or other inputs, a touched or an old one.
 */
export function turnTo(request: RestRequest, page: Paging, visit: Visit): RestRequest {
  const cursor = visit.call.invocation.inputs[cursorInput]
  if (cursor === undefined || cursor === null) return request
  const text = typeof cursor === 'string' ? unseal(visit, 'cursor', cursor) : null
  if (text === null) throw refuseInput(cursorInput, 'is no cursor of this operation, these inputs and this person')
  const moved = moveTo(JSON.parse(text) as string | number, request, { page, visit })
  if (moved === null) throw refuseInput(cursorInput, 'leads nowhere any more')
  return moved
}

/** Takes the backend's link or token out of a page. Throws Problem `backend_failed` for one that may not be followed. */
export function leavePage(answered: Answered, request: RestRequest, visit: Visit): Page {
  const { page } = visit.template
  if (page === undefined) return { data: answered.data }
  const more = 'pointer' in page.from ? valueAt(answered.data, page.from.pointer) : headerOf(answered, page)
  const data = 'pointer' in page.from ? dropMembers(answered.data, [page.from.pointer]) : answered.data
  if (more === undefined || more === null || more === '' || more === false) return { data }
  const isText = typeof more === 'string' || typeof more === 'number'
  if (!isText || moveTo(more, request, { page, visit }) === null) throw refuse()
  return { data, cursor: seal(visit, 'cursor', JSON.stringify(more)) }
}

interface Move {
  readonly page: Paging
  readonly visit: Visit
}

/** The same request at another page; null where what leads there may not be followed. */
function moveTo(more: string | number, request: RestRequest, { page, visit }: Move): RestRequest | null {
  const { into } = page
  const text = String(more)
  if (text.length > longest) return null
  if (into === 'link') {
    const url = checkLink(text, { base: visit.base, from: request.url, underBase: page.underBase === true })
    return url === null ? null : { ...request, url }
  }
  if ('body' in into) return withMember(request, into.body, more)
  if ('header' in into) {
    const name = into.header.toLowerCase()
    return /^[\x20-\x7e]+$/.test(text) ? { ...request, headers: { ...request.headers, [name]: text } } : null
  }
  const url = new URL(request.url)
  url.searchParams.set(into.query, text)
  return { ...request, url }
}

function withMember(request: RestRequest, place: string, value: Json): RestRequest | null {
  const body: unknown = typeof request.body === 'string' ? JSON.parse(request.body) : {}
  const names = place.startsWith('/') ? place.slice(1).split('/') : [place]
  return { ...request, body: JSON.stringify(putAt(body, names, value)) }
}

function putAt(value: unknown, [name, ...rest]: readonly string[], item: Json): Json {
  if (name === undefined) return item
  const members = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, Json>>) : {}
  return { ...members, [name]: putAt(members[name], rest, item) }
}

function headerOf({ headers }: Answered, { from }: Paging): string | null {
  if (!('header' in from)) return null
  const value = headers.get(from.header)
  if (from.header.toLowerCase() !== 'link' || value === null) return value
  return /<([^<>]{1,8000})>\s*;[^,<]{0,200}\brel="?next"?/i.exec(value)?.[1] ?? null
}

function refuse(): Problem {
  return failWith({ code: 'backend_failed', fate: 'called', why: 'next_link' })
}
