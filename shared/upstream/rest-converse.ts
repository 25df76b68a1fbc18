import type { Json, ResultColumn, UpstreamAnswer } from '../pipeline/ports.ts'
import { nameSources } from './databricks-columns.ts'
import { failWith } from './failure.ts'
import { dropMembers } from './rest-drop.ts'
import { leavePage, turnTo } from './rest-page.ts'
import { boundPage, buildRequest, type RestRequest } from './rest-request.ts'
import { limitRows } from './rest-rows.ts'
import { shapeTable } from './rest-table.ts'
import type { Answered, Visit } from './rest-visit.ts'
import { followWork, openWork } from './rest-work.ts'
import { begunBy, stateOf } from './rest-work-state.ts'

/** An answer before the identity proof is put to it. */
export type Brought = Omit<UpstreamAnswer, 'identity'>

/** The request of a call, at the page that it asks for. Throws Problem `input_invalid` before anything is sent. */
export function requestOf(visit: Visit): RestRequest {
  const { template, base, inputs, call } = visit
  const { cursor: _cursor, ...others } = inputs
  const given = template.page === undefined ? inputs : others
  const request = buildRequest(base, template, boundPage(template, given, call.rowLimit))
  return template.page === undefined ? request : turnTo(request, template.page, visit)
}

/** Makes the request, or goes on with the work of a handle, and brings what policy lets out. */
export async function converse(request: RestRequest, visit: Visit): Promise<Brought> {
  const { handle, understood } = visit.call
  if (handle !== undefined) return ended(await followWork(openWork(handle, visit), null, visit), request, visit)
  const first = await visit.ask(request, understood.effect)
  const work = begunBy(first, request.url, visit)
  if (work === null) return bring(assertWell(first, visit), request, visit)
  return ended(await followWork(work, first, visit), request, visit)
}

function ended(followed: Awaited<ReturnType<typeof followWork>>, request: RestRequest, visit: Visit): Brought {
  if ('over' in followed) return bring(followed.over, request, visit)
  const { handle, last } = followed
  const ours = { status: 'running', handle }
  const { bytes, backendIds } = last ?? { bytes: 0, backendIds: {} }
  return { data: {}, rows: 0, bytes, truncated: false, backendIds, ours }
}

/** Work may be over at once, and badly. */
function assertWell(first: Answered, { template }: Visit): Answered {
  if (template.longRunning === undefined || stateOf(first.data, template.longRunning) !== 'failed') return first
  const facts = { backendIds: first.backendIds }
  throw failWith({ code: 'backend_rejected', fate: 'called', why: 'work_failed', members: { status: 422 }, facts })
}

function bring(answered: Answered, request: RestRequest, visit: Visit): Brought {
  const { bytes, backendIds } = answered
  const { data, cursor } = leavePage(answered, request, visit)
  const clean = dropMembers(data, visit.template.drop ?? [])
  const shaped = shape(clean, visit)
  const truncated = answered.truncated || shaped.truncated
  return { ...shaped, truncated, bytes, backendIds, ...(cursor === undefined ? {} : { ours: { cursor } }) }
}

interface Shaped {
  readonly data: Json
  readonly columns?: readonly ResultColumn[]
  readonly rows: number
  readonly truncated: boolean
}

function shape(data: Json, { template, call }: Visit): Shaped {
  const { answer } = template
  if (answer?.kind !== 'table') return limitRows(asObject(data, template), call.rowLimit)
  const table = shapeTable(data, answer)
  if (table === null) throw failWith({ code: 'backend_failed', fate: 'called', why: 'table' })
  const rows = table.rows.slice(0, call.rowLimit)
  return {
    data: { ...table.members, columns: table.names, rows },
    columns: nameSources(table.names, call.understood),
    rows: rows.length,
    truncated: rows.length < table.rows.length,
  }
}

/** A cursor stands in an object, so that a list that is paged becomes a member of one. */
function asObject(data: Json, { page }: Visit['template']): Json {
  return page !== undefined && Array.isArray(data) ? { items: data } : data
}
